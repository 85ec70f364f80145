# SPDX-License-Identifier: GPL-2.0-only
"""Drawings of lists and curves, and coloured source."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import Any

import pytest

from pyfuzz.report import chart, list_drawing
from pyfuzz.report.highlight import highlight
from pyfuzz.report.list_drawing import Marks, draw, marks

NOTHING = Marks(Counter(), Counter(), None)


def descriptor(*entries: str, capacity: int = 14, tail: int | None = None) -> dict[str, Any]:
    slots = [*entries, *[None] * (capacity - len(entries))]
    return {"slots": slots, "spte_count": len(entries), "tail_count": tail}


def picture(*descriptors: dict[str, Any], entry: str | None = None) -> dict[str, Any]:
    entries = [slot for one in descriptors for slot in one["slots"] if slot] or [entry]
    return {
        "name": "vm0 f3",
        "entries": [one for one in entries if one],
        "descriptors": list(descriptors),
        "broken": [],
    }


def drawn(what: dict[str, Any], mark: Marks = NOTHING) -> ET.Element:
    return ET.fromstring(str(draw(what, mark, "before")))


def texts(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter("text")]


def classes(svg: ET.Element, name: str) -> int:
    return sum(name in (part.get("class") or "").split() for part in svg.iter())


def test_draw_of_empty_list_is_head_and_null() -> None:
    svg = drawn(picture())

    assert texts(svg) == ["vm0 f3", "empty", "NULL"]
    assert svg.get("aria-label") == "before: vm0 f3 is empty"


def test_draw_of_single_entry_has_no_descriptor() -> None:
    svg = drawn(picture(entry="s7"))

    assert texts(svg) == ["vm0 f3", "one entry", "s7", "the head itself"]
    assert classes(svg, "ld-descriptor") == 0


def test_draw_of_descriptor_has_every_slot_and_both_counts() -> None:
    svg = drawn(picture(descriptor("s1", "s2", tail=28)))

    assert classes(svg, "ld-slot") == 14
    assert classes(svg, "ld-free") == 12
    assert "spte_count 2, tail_count 28" in texts(svg)


def test_draw_of_hole_in_a_descriptor_shows_it_as_wrong() -> None:
    broken = descriptor("s1", "s2", "s3")
    broken["slots"][1] = None

    svg = drawn(picture(broken))
    assert classes(svg, "ld-hole") == 1
    assert "NULL" in texts(svg)[:-1]


def test_draw_of_entry_behind_the_count_shows_it_as_wrong() -> None:
    broken = descriptor("s1", "s2")
    broken["slots"][5] = "s9"

    assert classes(drawn(picture(broken)), "ld-hole") == 1


def test_draw_of_null_terminated_descriptor_goes_to_the_first_null() -> None:
    old = {"slots": ["s1", "s2", None], "spte_count": None, "tail_count": None}

    svg = drawn(picture(old))
    assert classes(svg, "ld-hole") == 0
    assert classes(svg, "ld-free") == 1


def test_draw_of_what_came_and_went_marks_it() -> None:
    change = {
        "before": picture(descriptor("s1", "s2", "s3")),
        "after": picture(descriptor("s1", "s3", "s4")),
    }
    mark = marks(change, "s2")

    before, after = drawn(change["before"], mark), drawn(change["after"], mark)
    assert (classes(before, "ld-gone"), classes(before, "ld-named")) == (1, 1)
    assert (classes(after, "ld-new"), classes(after, "ld-named")) == (1, 0)
    assert classes(after, "ld-gone") == 0


def test_draw_of_long_list_leaves_out_what_is_between() -> None:
    many = [descriptor(*(f"s{n * 14 + i}" for i in range(14))) for n in range(70)]

    said = texts(drawn(picture(*many)))
    assert "descriptors 2 to 67: 924 entries" in said
    assert {"descriptor 0", "descriptor 1", "descriptor 68", "descriptor 69"} <= set(said)


def test_draw_of_long_list_keeps_what_changed() -> None:
    many = [descriptor(*(f"s{n * 14 + i}" for i in range(14))) for n in range(70)]
    mark = Marks(Counter({"s500": 1}), Counter(), None)

    svg = drawn(picture(*many), mark)
    assert "descriptor 35" in texts(svg)
    assert classes(svg, "ld-gone") == 1


def test_draw_of_another_vms_entry_names_the_vm() -> None:
    svg = drawn(picture(descriptor("vm1:s2047", "s0")))

    assert {"vm1", "s2047"} <= set(texts(svg))


def test_draw_of_what_looks_like_html_is_text() -> None:
    svg = drawn({**picture(entry="<b>"), "name": "<i>"})

    assert texts(svg)[0] == "<i>"


def test_line_chart_goes_from_corner_to_end() -> None:
    svg = ET.fromstring(str(chart.line_chart("Edges", [0.0, 30.0, 60.0], [0, 20, 20])))

    (line,) = [path for path in svg.iter("path") if path.get("class") == "ch-line"]
    assert line.get("d") == "M48.0 162.0L187.0 12.0L326.0 12.0"
    assert svg.get("aria-label") == "Edges over time: 20 after 1m"


@pytest.mark.parametrize("values", [[0, 0], [0, 1], [3, 3], [0, 10**12], [0.5, 0.25]])
@pytest.mark.parametrize("last_s", [0.0, 0.3, 59.0, 600.0, 86_400.0, 1e7])
def test_line_chart_of_any_scale_stays_in_its_frame(values: list[float], last_s: float) -> None:
    svg = ET.fromstring(str(chart.line_chart("x", [0.0, last_s], values)))

    ticks = [text for text in svg.iter("text") if "ld-middle" in (text.get("class") or "")]
    assert 1 <= len(ticks) <= 12
    numbers = [text for text in svg.iter("text") if "ld-end" in (text.get("class") or "")]
    assert all(12 <= float(text.get("y") or 0) - 3.5 <= 162 for text in numbers)
    assert all(48 <= float(text.get("x") or 0) <= 326 for text in ticks)


def test_line_chart_events_are_links_on_the_curve() -> None:
    event = chart.Event(5.0, "leak after 5 s", "#finding-3", known=True)
    svg = ET.fromstring(
        str(chart.line_chart("Findings", [0.0, 5.0, 10.0], [0, 1, 1], steps=True, events=[event]))
    )

    (link,) = svg.iter("a")
    assert link.get("href") == "#finding-3"
    assert (link[0].get("cx"), link[0].get("cy")) == ("187", "124.5")
    assert link[0][0].text == "leak after 5 s"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (7.5, "7.5"), (999, "999"), (1000, "1k"), (12_500, "12.5k"), (2.5e6, "2.5M")],
)
def test_short_of_a_number_is_short(number: float, text: str) -> None:
    assert chart.short(number) == text


def test_highlight_leaves_the_text_as_it_is() -> None:
    lines = {7: "static int f(void)", 8: '{ return a < b ? 1 : sizeof("&amp;"); }', 20: "/* x */"}

    coloured = highlight(lines)
    assert {number: line.striptags() for number, line in coloured.items()} == lines
    assert '<span class="k">return</span>' in coloured[8]
    assert coloured[20] == '<span class="c">/* x */</span>'


def test_highlight_knows_the_kernel_s_types_and_the_tags_of_structures() -> None:
    coloured = highlight({1: "static u64 *at(struct kvm *kvm, gfn_t gfn)"})[1]

    assert ["u64", "kvm", "gfn_t"] == re.findall('<span class="t">(.*?)</span>', coloured)


def test_highlight_of_comment_over_lines_colours_each() -> None:
    coloured = highlight({1: "int x; /* one", 2: " * two", 3: " */ int y;"})

    assert coloured[2] == '<span class="c"> * two</span>'
    assert coloured[3].startswith('<span class="c"> */</span>')


@pytest.mark.parametrize("text", ["}}}} \x00 <b>", "\ufffd \u4e2d\u6587 /* ", "", "\t#define X \\"])
def test_highlight_of_what_is_no_c_is_plain(text: str) -> None:
    (line,) = highlight({1: text}).values()

    assert line.striptags() == " ".join(text.split())
    assert line.unescape() != "" or not text


def test_names_of_an_entry_that_is_in_no_list_is_false() -> None:
    change = {"before": picture(entry="s1"), "after": picture()}

    assert list_drawing.names(change, "s1")
    assert not list_drawing.names(change, "s2")
    assert not list_drawing.names(change, None)
