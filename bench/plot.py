# SPDX-License-Identifier: GPL-2.0-only
"""Line plots as SVG files that are legible on a light page and on a dark one.

A file of its own says its colours itself, by what the reader prefers; a
charting library would write one of the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

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
    """One line: a name for its end, and its points (x above 0, y from 0 on)."""

    name: str
    points: Sequence[tuple[float, float]]


def line_plot(title: str, x_label: str, y_label: str, series: Sequence[Series]) -> Markup:
    """Draw up to three lines over a logarithmic x; y begins at 0."""
    xs = sorted({x for one in series for x, _ in one.points})
    top = _ceiling(max(y for one in series for _, y in one.points))
    low, span = math.log2(xs[0]), max(math.log2(xs[-1] / xs[0]), 1e-9)

    def px(x: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (math.log2(x) - low) / span, 1)

    def py(y: float) -> float:
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * y / top, 1)

    ends = _apart([py(one.points[-1][1]) for one in series])
    parts = [_frame(title, x_label, y_label), *_y_axis(py, top), *_x_axis(px, xs)]
    for number, (one, end) in enumerate(zip(series, ends, strict=True)):
        path = "L".join(f"{px(x)} {py(y)}" for x, y in one.points)
        parts.append(Markup('<path class="line s{}" d="M{}"/>').format(number, path))
        parts += [
            Markup('<circle class="s{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>').format(
                number, px(x), py(y), f"{one.name}: {x:g}, {y:,.4g}"
            )
            for x, y in one.points
        ]
        at = px(one.points[-1][0]) + 9
        parts.append(
            Markup('<text class="s{}" x="{}" y="{}">{}</text>').format(
                number, at, end + 4, one.name
            )
        )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img" '
        'aria-label="{title}">\n{style}\n<rect class="page" width="{w}" height="{h}"/>\n{body}\n'
        "</svg>\n"
    ).format(w=_WIDTH, h=_HEIGHT, title=title, style=_STYLE, body=Markup("\n").join(parts))


def _frame(title: str, x_label: str, y_label: str) -> Markup:
    return Markup(
        '<text class="title" x="{l}" y="20">{title}</text>'
        '<text x="{l}" y="36">{y_label}</text>'
        '<text x="{m}" y="{b}" text-anchor="middle">{x_label}</text>'
    ).format(
        l=_LEFT,
        m=(_LEFT + _WIDTH - _RIGHT) / 2,
        b=_HEIGHT - 10,
        title=title,
        x_label=x_label,
        y_label=y_label,
    )


def _y_axis(py: object, top: float) -> list[Markup]:
    assert callable(py)
    row = Markup(
        '<path class="grid" d="M{l} {y}H{r}"/><text x="{t}" y="{ty}" text-anchor="end">{v}</text>'
    )
    values = [top * number / _TICKS for number in range(_TICKS + 1)]
    return [
        row.format(l=_LEFT, r=_WIDTH - _RIGHT, t=_LEFT - 8, y=py(v), ty=py(v) + 4, v=short(v))
        for v in values
    ]


def _x_axis(px: object, xs: Sequence[float]) -> list[Markup]:
    assert callable(px)
    tick = Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>')
    parts, last = [], -math.inf
    for x in xs:
        if px(x) - last >= 2.5 * _LABEL_PX:
            parts.append(tick.format(px(x), _HEIGHT - _BOTTOM + 18, short(x)))
            last = px(x)
    return parts


def _ceiling(value: float) -> float:
    """The least round number, not below a value, that parts well in five."""
    size = 10.0 ** math.floor(math.log10(max(value, 1e-9) / _TICKS))
    return next(size * s * _TICKS for s in _STEPS if size * s * _TICKS >= value * 0.999999)


def _apart(ends: Sequence[float]) -> list[float]:
    """Move labels that would lie on each other, in their order from above."""
    placed: dict[int, float] = {}
    last = -math.inf
    for number in sorted(range(len(ends)), key=lambda i: ends[i]):
        last = placed[number] = max(ends[number], last + _LABEL_PX)
    return [placed[number] for number in range(len(ends))]
