# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.rooms``: draw docs/rooms.svg, the package's rooms and their imports.

The rows are the layers of the import contract in pyproject.toml; the arrows come
from the code.  Arrows that follow from others are omitted, so a room may import
every room that its arrows lead to, directly or indirectly.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import grimp
from markupsafe import Markup

from pyfuzz.report import svg

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"
_WIDTH, _BOX_W, _BOX_H, _GAP, _ROW = 860, 108, 30, 18, 66
_STYLE = Markup("""<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; text-anchor: middle }
rect { fill: #f6f8fa; stroke: #59636e }
path { fill: none; stroke: #0969da; stroke-opacity: 0.55 }
marker path { fill: #0969da; stroke: none }
.page { fill: #ffffff; stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
rect { fill: #151b23; stroke: #9198a1 }
path { stroke: #4493f8 }
marker path { fill: #4493f8 }
.page { fill: #0d1117 }
}
</style>""")
_TIP = Markup(
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
)
Imports = Mapping[str, set[str]]


def layers() -> list[list[str]]:
    """Return the rooms of each layer, the highest layer first."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = (one for one in tables["contracts"] if one["id"] == "rooms")
    return [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]


def imports() -> dict[str, set[str]]:
    """Return the rooms that each room imports."""
    graph = grimp.build_graph("pyfuzz", cache_dir=None)
    rooms = [room for layer in layers() for room in layer]
    for room in rooms:
        if graph.find_descendants(f"pyfuzz.{room}"):
            graph.squash_module(f"pyfuzz.{room}")
    return {
        room: {
            name.removeprefix("pyfuzz.")
            for name in graph.find_modules_directly_imported_by(f"pyfuzz.{room}")
            if name.removeprefix("pyfuzz.") in rooms
        }
        for room in rooms
    }


def reduced(found: Imports, order: list[str]) -> dict[str, list[str]]:
    """Return the imports to lower rooms that do not follow from others; ``order`` is top-down."""
    place = {room: number for number, room in enumerate(order)}
    reach: dict[str, set[str]] = {}
    kept: dict[str, list[str]] = {}
    for room in reversed(order):
        below = {other for other in found[room] if place[other] > place[room]}
        further = {end for other in below for end in reach[other]}
        kept[room] = sorted(below - further, key=place.__getitem__)
        reach[room] = below | further
    return kept


def draw() -> str:
    """Return the picture as SVG."""
    rows = layers()
    order = [room for row in rows for room in row]
    at = {
        room: (_centre(column, len(row), number), number * _ROW + 24)
        for number, row in enumerate(rows)
        for column, room in enumerate(row)
    }
    height = len(rows) * _ROW + 8
    arrows = [
        _arrow(at[room], at[other])
        for room, others in reduced(imports(), order).items()
        for other in others
    ]
    boxes = [
        svg.rect(x - _BOX_W // 2, y, _BOX_W, _BOX_H, rx=5) + svg.text(x, y + 20, room)
        for room, (x, y) in at.items()
    ]
    label = "The rooms of the package and their imports"
    return svg.file(label, _WIDTH, height, _STYLE, [_TIP, *arrows, *boxes])


def _centre(column: int, columns: int, row: int) -> int:
    """Return the middle of a box; rows are shifted so that long arrows do not overlap."""
    gap = _GAP if columns > 3 else 4 * _GAP
    shift = 0 if columns > 3 else (-1, 1)[row % 2] * (130 // columns)
    return _WIDTH // 2 + shift + (2 * column - columns + 1) * (_BOX_W + gap) // 2


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> Markup:
    (x0, top), (x1, y1) = start, end
    y0 = top + _BOX_H
    bend = (y1 - y0) // 2 if x0 != x1 or y1 - y0 < _ROW else 0
    # An arrow straight down past other rooms bows out around them.
    bow = 0 if x0 != x1 or y1 - y0 < _ROW else (y1 - y0) // 3
    path = f"M{x0} {y0}C{x0 + bow} {y0 + bend} {x1 + bow} {y1 - bend} {x1} {y1}"
    return svg.path(path, marker_end="url(#tip)")


if __name__ == "__main__":
    PICTURE.write_text(draw())
