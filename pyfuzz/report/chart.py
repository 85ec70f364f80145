# SPDX-License-Identifier: GPL-2.0-only
"""Charts of a campaign over time, as SVG; colours are the page's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pyfuzz import text
from pyfuzz.report import svg

_WIDTH = 340
_HEIGHT = 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 14, 12, 28
_TICKS = 4
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_TIME_STEPS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400),
)
_DAY_S = 86400

_Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a time: a dot on the curve that leads somewhere."""

    time_s: float
    text: str
    link: str
    known: bool


def line_chart(
    label: str,
    times_s: Sequence[float],
    values: Sequence[float],
    *,
    steps: bool = False,
    events: Sequence[Event] = (),
) -> Markup:
    """Draw a value over time, as a staircase with ``steps``.  Needs at least one point."""
    last_s = max(times_s[-1], 1e-9)
    top = _ceiling(max(values))
    inner_w, inner_h = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(time_s: float) -> float:
        return round(_LEFT + inner_w * min(time_s / last_s, 1.0), 1)

    def y(value: float) -> float:
        return round(_TOP + inner_h * (1 - value / top), 1)

    parts = [_grid(x, y, last_s, top)]
    points = [(x(time_s), y(value)) for time_s, value in zip(times_s, values, strict=True)]
    path = _path(points, steps=steps)
    floor = y(0)
    parts.append(svg.path(f"{path}V{floor}H{points[0][0]}Z", class_="ch-area"))
    parts.append(svg.path(path, class_="ch-line"))
    parts += [
        _dot(event, x(event.time_s), y(_at(times_s, values, event.time_s))) for event in events
    ]
    shown = [
        [px, py, _clock(t), f"{v:,.0f}"]
        for (px, py), t, v in zip(points, times_s, values, strict=True)
    ]
    return svg.picture(
        f"{label} over time: {values[-1]:,.0f} after {_clock(times_s[-1])}",
        _WIDTH,
        _HEIGHT,
        parts,
        class_="chart",
        data_points=json.dumps(shown, separators=(",", ":")),
    )


def _grid(x: _Scale, y: _Scale, last_s: float, top: float) -> Markup:
    parts = []
    for number in range(_TICKS + 1):
        value = top * number / _TICKS
        parts.append(svg.path(f"M{_LEFT} {y(value)}H{_WIDTH - _RIGHT}", class_="ch-grid"))
        parts.append(svg.text(_LEFT - 6, y(value) + 3.5, short(value), class_="ch-tick ld-end"))
    days = _DAY_S * -(-last_s // (_DAY_S * (_TICKS + 1)))
    step = next((s for s in _TIME_STEPS_S if last_s / s <= _TICKS + 1), days)
    parts += [
        svg.text(x(number * step), _HEIGHT - 8, _clock(number * step), class_="ch-tick ld-middle")
        for number in range(int(last_s / step) + 1)
    ]
    return Markup("").join(parts)


def _path(points: list[tuple[float, float]], *, steps: bool) -> str:
    (x, y), *rest = points
    path = f"M{x} {y}"
    for px, py in rest:
        path += f"H{px}V{py}" if steps else f"L{px} {py}"
    return path


def _dot(event: Event, x: float, y: float) -> Markup:
    title = svg.element("title", event.text)
    kind = "ch-dot ch-known" if event.known else "ch-dot"
    return svg.element(
        "a", svg.element("circle", title, class_=kind, cx=x, cy=y, r=4.5), href=event.link
    )


def _at(times_s: Sequence[float], values: Sequence[float], time_s: float) -> float:
    """The value in the first sample taken at this time or later."""
    return next((v for t, v in zip(times_s, values, strict=True) if t >= time_s), values[-1])


def _ceiling(value: float) -> float:
    """The smallest round number that is not below a value and can be divided into four."""
    if value <= _TICKS:
        return float(_TICKS)
    size = 10.0 ** (len(str(int(value / _TICKS))) - 1)
    return next(size * s * _TICKS for s in _STEPS if size * s * _TICKS >= value)


def short(number: float) -> str:
    """Write a number at an axis, in at most five characters: ``0.5``, ``950``, ``12.5k``."""
    return text.short(number) if number >= 1000 else f"{number:g}"


def _clock(time_s: float) -> str:
    seconds = int(time_s)
    if seconds < 60:
        return f"{time_s:g}s" if time_s == seconds else f"{time_s:.1f}s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}m" if not seconds else f"{minutes}m{seconds:02}"
    hours, minutes = divmod(minutes, 60)
    if hours >= 48 and not hours % 24 and not minutes:
        return f"{hours // 24}d"
    return f"{hours}h" if not minutes else f"{hours}h{minutes:02}"
