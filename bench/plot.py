# SPDX-License-Identifier: GPL-2.0-only
"""Line plots as SVG files that are legible on light and on dark pages.

Each file has both sets of colours and follows the reader's preference; a charting
library would write only one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pyfuzz.report import svg
from pyfuzz.report.chart import short

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 150, 44, 52
_TICKS = 5
_STEPS = (1, 2, 2.5, 5, 10)
_LABEL_PX = 15
_STYLE = Markup("""<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.grid { stroke: #d1d9e0; fill: none }
.line { fill: none; stroke-width: 2 }
.s0 { stroke: #0969da; fill: #0969da }
.s1 { stroke: #bc4c00; fill: #bc4c00 }
.s2 { stroke: #1a7f37; fill: #1a7f37 }
.line.s0, .line.s1, .line.s2 { fill: none }
text.s0, text.s1, text.s2 { stroke: none }
.page { fill: #ffffff }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.grid { stroke: #3d444d }
.s0 { stroke: #4493f8; fill: #4493f8 }
.s1 { stroke: #f0883e; fill: #f0883e }
.s2 { stroke: #3fb950; fill: #3fb950 }
.page { fill: #0d1117 }
}
</style>""")


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its label, and its points (x > 0, y >= 0)."""

    name: str
    points: Sequence[tuple[float, float]]


def line_plot(title: str, x_label: str, y_label: str, series: Sequence[Series]) -> str:
    """Draw up to three lines over a logarithmic x axis; the y axis starts at 0."""
    xs = sorted({x for one in series for x, _ in one.points})
    top = _ceiling(max(y for one in series for _, y in one.points))
    low, span = math.log2(xs[0]), max(math.log2(xs[-1] / xs[0]), 1e-9)

    def px(x: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (math.log2(x) - low) / span, 1)

    def py(y: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * y / top, 1)

    ends = _apart([py(one.points[-1][1]) for one in series])
    parts = [*_frame(title, x_label, y_label), *_y_axis(py, top), *_x_axis(px, xs)]
    for number, (one, end) in enumerate(zip(series, ends, strict=True)):
        path = "L".join(f"{px(x)} {py(y)}" for x, y in one.points)
        parts.append(svg.path(f"M{path}", class_=f"line s{number}"))
        for x, y in one.points:
            words = svg.element("title", f"{one.name}: {x:g}, {y:,.4g}")
            parts.append(svg.element("circle", words, class_=f"s{number}", cx=px(x), cy=py(y), r=3))
        at = px(one.points[-1][0]) + 9
        parts.append(svg.text(at, end + 4, one.name, class_=f"s{number}"))
    return svg.file(title, _WIDTH, _HEIGHT, _STYLE, parts)


def _frame(title: str, x_label: str, y_label: str) -> list[Markup]:
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return [
        svg.text(_LEFT, 20, title, class_="title"),
        svg.text(_LEFT, 36, y_label),
        svg.text(middle, _HEIGHT - 10, x_label, text_anchor="middle"),
    ]


def _y_axis(py: object, top: float) -> list[Markup]:
    assert callable(py)
    parts = []
    for value in (top * number / _TICKS for number in range(_TICKS + 1)):
        parts.append(svg.path(f"M{_LEFT} {py(value)}H{_WIDTH - _RIGHT}", class_="grid"))
        parts.append(svg.text(_LEFT - 8, py(value) + 4, short(value), text_anchor="end"))
    return parts


def _x_axis(px: object, xs: Sequence[float]) -> list[Markup]:
    assert callable(px)
    parts, last = [], -math.inf
    for x in xs:
        if px(x) - last >= 2.5 * _LABEL_PX:
            parts.append(svg.text(px(x), _HEIGHT - _BOTTOM + 18, short(x), text_anchor="middle"))
            last = px(x)
    return parts


def _ceiling(value: float) -> float:
    """Return the least round number, at least a value, that divides well by five."""
    size = 10.0 ** math.floor(math.log10(max(value, 1e-9) / _TICKS))
    return next(size * s * _TICKS for s in _STEPS if size * s * _TICKS >= value * 0.999999)


def _apart(ends: Sequence[float]) -> list[float]:
    """Move labels that would overlap, from top to bottom."""
    placed: dict[int, float] = {}
    last = -math.inf
    for number in sorted(range(len(ends)), key=lambda i: ends[i]):
        last = placed[number] = max(ends[number], last + _LABEL_PX)
    return [placed[number] for number in range(len(ends))]
