# SPDX-License-Identifier: GPL-2.0-only
"""Draws a VM's memory as SVG: guest tables, shadow pages, reverse maps, one box each.

A box has a line for each entry: ``+`` and green is new after the step, ``-`` and
struck out is gone, a heavy frame with the kind of finding is what is wrong.  A
column is 316 units wide, so that it fits on a phone without scaling.  Colours
are the page's, see templates/style.css.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pyfuzz.report import svg

WIDTH = 316
_ROW = 19
_TITLE = 22
_GAP = 9
_INSET = 3
# What fits into a line: of a note in small letters, of an entry in monospaced ones.
_NOTE_LETTERS = 50
_ROW_LETTERS = 38
_BESIDE = 40
# If there are more, boxes that nothing happened to are left out.
_MAX_BOXES = 24
_SIGNS = {"same": "", "new": "+ ", "gone": "- "}
COLUMNS = (
    ("guest", "Guest page tables"),
    ("shadows", "Shadow pages"),
    ("rmaps", "Reverse maps"),
)
"""What is drawn, from the guest's tables down to the lists: keys of a picture, titles."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its drawing, and how many boxes it leaves out."""

    title: str
    svg: Markup
    left_out: int


def columns(picture: dict[str, Any]) -> list[Column]:
    """Draw a VM's memory, see ``PagesPicture`` of pyfuzz/replay/drawing.py."""
    return [_column(title, picture[key]) for key, title in COLUMNS]


def states(picture: dict[str, Any]) -> set[str]:
    """Return which states of an entry are in a picture, ``wrong`` as well: for the legend."""
    rows = [row for key, _ in COLUMNS for box in picture[key] for row in box["rows"]]
    return {row["state"] for row in rows} | (
        {"wrong"} if any(row["wrong"] for row in rows) else set()
    )


def _column(title: str, boxes: list[dict[str, Any]]) -> Column:
    shown = boxes
    if len(boxes) > _MAX_BOXES:
        matter = [box for box in boxes if _matters(box)][:_MAX_BOXES]
        shown = matter or boxes[:_MAX_BOXES]
    pen = _Pen()
    for box in shown:
        pen.box(box)
    if not shown:
        pen.nothing()
    label = f"{title}: {'; '.join(map(words, shown)) or 'none'}"
    drawn = svg.picture(label, WIDTH, pen.y, pen.parts, scaled=False, class_="pages")
    return Column(title, drawn, len(boxes) - len(shown))


def _matters(box: dict[str, Any]) -> bool:
    return box["state"] != "same" or any(
        row["wrong"] or row["state"] != "same" for row in box["rows"]
    )


def words(box: dict[str, Any]) -> str:
    """Say in words what a box shows."""
    rows = ", ".join(
        " ".join(
            (
                row["text"],
                *((f"({row['state']})",) if row["state"] != "same" else ()),
                *(f"({kind})" for kind in row["wrong"]),
            )
        )
        for row in box["rows"]
    )
    state = "" if box["state"] == "same" else f" ({box['state']})"
    return f"{box['name']}, {box['note']}{state}: {rows or 'empty'}"


class _Pen:
    """Draws one box below the other."""

    def __init__(self) -> None:
        self.parts: list[Markup] = []
        self.y = 1.0

    def nothing(self) -> None:
        self._text("ld-note", 12, self.y + 15, "none")
        self.y += _TITLE + _GAP

    def box(self, box: dict[str, Any]) -> None:
        notes = textwrap.wrap(box["note"], _NOTE_LETTERS)
        beside = len(notes) == 1 and len(box["name"]) + len(box["note"]) <= _BESIDE
        lines = _lines(box["rows"])
        head = _TITLE + (0 if beside else 14 * len(notes))
        height = head + _ROW * max(1, len(lines)) + _INSET
        state = box["state"]
        classes = " ".join(["pd-box", *([f"pd-{state}"] if state != "same" else [])])
        self.parts.append(svg.rect(1, self.y, WIDTH - 2, height, class_=classes))
        self._text("ld-name", 10, self.y + 16, f"{_SIGNS[state]}{box['name']}")
        if beside:
            self._text("ld-note ld-end", WIDTH - 10, self.y + 16, box["note"])
        else:
            for number, note in enumerate(notes, 1):
                self._text("ld-note", 10, self.y + 16 + 14 * number, note)
        y = self.y + head
        for text, classes, kinds in lines:
            self._row(y, text, classes, kinds)
            y += _ROW
        if not lines:
            self._text("ld-note", 12, y + 14, "empty")
        self.y += height + _GAP

    def _row(self, y: float, text: str, state: str, kinds: Iterable[str]) -> None:
        wrong = " ".join(kinds)
        classes = ["pd-row", f"pd-row-{state}", *(["pd-wrong"] if wrong else [])]
        inside = WIDTH - 2 - 2 * _INSET
        self.parts.append(
            svg.rect(1 + _INSET, y + 1, inside, _ROW - 2, rx=3, class_=" ".join(classes))
        )
        ink = "pd-text pd-out" if state == "gone" else "pd-text"
        self._text(ink, 11, y + 13.5, text)
        if wrong:
            self._text("pd-kind ld-end", WIDTH - 9, y + 13.5, wrong)

    def _text(self, classes: str, x: float, y: float, text: str) -> None:
        self.parts.append(svg.text(x, y, text, class_=classes))


def _lines(rows: Iterable[dict[str, Any]]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the lines of a box; a long entry has several, with the kinds on the last.

    Kinds that do not fit beside their entry are on a line of their own.
    """
    lines: list[tuple[str, str, tuple[str, ...]]] = []
    for row in rows:
        state, kinds = row["state"], tuple(row["wrong"])
        parts = textwrap.wrap(f"{_SIGNS[state]}{row['text']}", _ROW_LETTERS) or [""]
        if kinds and len(parts[-1]) + len(" ".join(kinds)) + 2 > _ROW_LETTERS:
            parts.append("")
        lines += [
            (part, state, kinds if number == len(parts) else ())
            for number, part in enumerate(parts, 1)
        ]
    return lines
