# SPDX-License-Identifier: GPL-2.0-only
"""The drawing of pages in a real browser: light and dark, narrow and wide."""

from __future__ import annotations

from pathlib import Path

import chrome as support
import pytest
from chrome import CONTRAST, LOOKS, NARROW, WIDE, Open, messages, script
from made_runs import planted_run
from taken_back import REAL

from pyfuzz import report
from pyfuzz.kinds import Kind

browser = support.browser
show = support.show

# Returns the texts of the drawing with a contrast below 4.5 to 1 to the row or card behind them.
DRAWN_CONTRAST = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (rgb) => {
  const [r, g, b] = rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const bad = [];
for (const text of document.querySelectorAll("svg.pages text")) {
  const y = Number(text.getAttribute("y"));
  const under = [...text.parentElement.querySelectorAll("rect.pd-row")].find((rect) => {
    const top = Number(rect.getAttribute("y"));
    return top < y && y < top + Number(rect.getAttribute("height"));
  });
  const fill = under && getComputedStyle(under).fill;
  const paper = fill && fill !== "none" ? fill
    : getComputedStyle(text.closest(".card")).backgroundColor;
  const [a, b] = [light(parse(getComputedStyle(text).fill)), light(parse(paper))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) bad.push(`${text.textContent}: ${ratio.toFixed(2)}`);
}
return bad;
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bug = REAL["81ccda30b4e8 (CVE-2026-53359), a child of another role is used again"]
    with planted_run(tmp_path_factory.mktemp("pages"), bug, Kind.WRONG_GFN) as run:
        path = report.write(run).path
    assert path is not None
    return path


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_drawing_of_pages_fits_the_window(show: Open, width: int, scheme: str) -> None:
    chrome = show(width, scheme)

    wide, rights = script(
        chrome,
        """return [document.documentElement.scrollWidth,
          [...document.querySelectorAll("svg.pages")]
            .map((svg) => svg.getBoundingClientRect().right)];""",
    )
    assert wide <= width
    assert len(rights) == 3
    assert max(rights) <= width
    assert messages(chrome) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_drawing_of_pages_stands_out_from_what_is_behind(show: Open, scheme: str) -> None:
    chrome = show(WIDE, scheme)

    assert script(chrome, DRAWN_CONTRAST) == []
    assert script(chrome, CONTRAST) == []


def test_columns_of_pages_are_side_by_side_where_there_is_room(show: Open) -> None:
    tops = """return [...document.querySelectorAll("svg.pages")]
      .map((svg) => Math.round(svg.getBoundingClientRect().top));"""

    assert len(set(script(show(WIDE, "light"), tops))) == 1
    assert len(set(script(show(NARROW, "light"), tops))) == 3
