# SPDX-License-Identifier: GPL-2.0-only
"""Draws a list as SVG: head, descriptors, slots; new and removed entries are marked.

The picture is 316 units wide, so that it fits on a phone without scaling.
Colours are the page's: elements have classes, style.css.j2 has the rest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pyfuzz.report import svg

WIDTH = 316
_HEAD = 34
_GAP = 20
_TITLE = 22
_SLOT = 26
_COLUMNS = 7
# At most this many descriptors are drawn; of a longer list, the ends and what changed.
_MAX_DESCRIPTORS = 6
_LONG_NAME = 6


@dataclass(frozen=True, slots=True)
class Marks:
    """Which entries to mark, by name: how many of each are gone or new; the one named."""

    gone: Counter[str]
    new: Counter[str]
    named: str | None


def marks(change: dict[str, Any], named: str | None) -> Marks:
    """Compare a list before and after."""
    before, after = (Counter(change[when]["entries"]) for when in ("before", "after"))
    return Marks(before - after, after - before, named)


def names(change: dict[str, Any], spte: str | None) -> bool:
    """Tell whether the list has the entry of this name, before or after."""
    entries = {*change["before"]["entries"], *change["after"]["entries"]}
    return any(_is_named(entry, spte) for entry in entries)


def _is_named(entry: str, spte: str | None) -> bool:
    return spte is not None and spte in (entry, entry.rpartition(":")[2])


def draw(picture: dict[str, Any], mark: Marks, caption: str) -> Markup:
    """Return the SVG of a list, see ``ListPicture`` of pyfuzz/replay/drawing.py."""
    pen = _Pen(mark)
    pen.head(picture)
    descriptors = picture["descriptors"]
    if descriptors:
        for run in _runs(descriptors, mark):
            pen.arrow()
            if len(run) == 1 or not _skippable(run, descriptors):
                pen.descriptor(run[0], descriptors[run[0]])
            else:
                pen.skipped(run, descriptors)
        pen.arrow()
        pen.end("NULL")
    elif picture["entries"]:
        pen.arrow()
        pen.single(picture["entries"][0])
    else:
        pen.arrow()
        pen.end("NULL")
    label = f"{caption}: {words(picture)}"
    return svg.picture(label, WIDTH, pen.y + 2, pen.parts, scaled=False, class_="list")


def words(picture: dict[str, Any]) -> str:
    """Say in words what is drawn."""
    name, entries = picture["name"], picture["entries"]
    if not picture["descriptors"]:
        return f"{name} holds only {entries[0]}" if entries else f"{name} is empty"
    parts = [
        f"descriptor {number} holds {' '.join(slot or 'NULL' for slot in _used(descriptor))}"
        for number, descriptor in enumerate(picture["descriptors"][:_MAX_DESCRIPTORS])
    ]
    more = len(picture["descriptors"]) - len(parts)
    parts += [f"and {more} more descriptors"] if more else []
    return f"{name} holds {len(entries)} entries: {'; '.join(parts)}"


def _used(descriptor: dict[str, Any]) -> list[str | None]:
    slots: list[str | None] = descriptor["slots"]
    return slots[: _fill(descriptor)]


def _fill(descriptor: dict[str, Any]) -> int:
    """How many slots are in use as the kernel sees it: by the count, or up to the first NULL."""
    slots = descriptor["slots"]
    if descriptor["spte_count"] is not None:
        return min(int(descriptor["spte_count"]), len(slots))
    return slots.index(None) if None in slots else len(slots)


def _runs(descriptors: list[dict[str, Any]], mark: Marks) -> list[list[int]]:
    """Group the descriptors: each that is drawn by itself, those in between together."""
    count = len(descriptors)
    if count <= _MAX_DESCRIPTORS:
        return [[number] for number in range(count)]
    changed = [n for n, descriptor in enumerate(descriptors) if _is_marked(descriptor, mark)]
    shown = {0, 1, count - 2, count - 1, *changed[:2], *changed[-2:]}
    runs: list[list[int]] = []
    for number in range(count):
        if number in shown or not runs or runs[-1][-1] in shown:
            runs.append([number])
        else:
            runs[-1].append(number)
    return runs


def _skippable(run: list[int], descriptors: list[dict[str, Any]]) -> bool:
    return len(run) > 1 and len(descriptors) > _MAX_DESCRIPTORS


def _is_marked(descriptor: dict[str, Any], mark: Marks) -> bool:
    return any(
        slot in mark.gone or slot in mark.new or slot == mark.named for slot in descriptor["slots"]
    )


class _Pen:
    """Draws one thing below the other."""

    def __init__(self, mark: Marks) -> None:
        self.parts: list[Markup] = []
        self.y = 1
        self._mark = mark

    def head(self, picture: dict[str, Any]) -> None:
        entries, descriptors = len(picture["entries"]), len(picture["descriptors"])
        if descriptors:
            holds = f"{entries} entries, {descriptors} descriptor{'s' * (descriptors != 1)}"
        else:
            holds = "one entry" if entries else "empty"
        self._rect("ld-head", 1, self.y, WIDTH - 2, _HEAD)
        self._text("ld-name", 12, self.y + 22, picture["name"])
        self._text("ld-note ld-end", WIDTH - 12, self.y + 22, holds)
        self.y += _HEAD

    def arrow(self) -> None:
        x, top, tip = WIDTH / 2, self.y, self.y + _GAP
        head = f"M{x - 4:g} {tip - 6}L{x:g} {tip - 1}L{x + 4:g} {tip - 6}"
        self.parts.append(svg.path(f"M{x:g} {top}V{tip - 1}{head}", class_="ld-arrow"))
        self.y = tip

    def descriptor(self, number: int, descriptor: dict[str, Any]) -> None:
        slots = descriptor["slots"]
        columns = min(len(slots), _COLUMNS)
        rows = -(-len(slots) // columns)
        width = (WIDTH - 2) / columns
        self._rect("ld-descriptor", 1, self.y, WIDTH - 2, _TITLE + rows * _SLOT)
        self._text("ld-note", 12, self.y + 15, f"descriptor {number}")
        self._text("ld-note ld-end", WIDTH - 12, self.y + 15, _counts(descriptor))
        top, fill = self.y + _TITLE, _fill(descriptor)
        for place, slot in enumerate(slots):
            x, y = 1 + place % columns * width, top + place // columns * _SLOT
            wrong = (slot is None) == (place < fill)
            self._slot(x, y, width, slot, wrong=wrong)
        self.y = top + rows * _SLOT

    def single(self, entry: str) -> None:
        width = (WIDTH - 2) / _COLUMNS
        x = (WIDTH - width) / 2
        self._slot(x, self.y, width, entry, wrong=False)
        self._text("ld-note", x + width + 10, self.y + 17, "the head itself")
        self.y += _SLOT

    def skipped(self, run: list[int], descriptors: list[dict[str, Any]]) -> None:
        entries = sum(len(_used(descriptors[number])) for number in run)
        text = f"descriptors {run[0]} to {run[-1]}: {entries} entries"
        self._rect("ld-skipped", 1, self.y, WIDTH - 2, _SLOT)
        self._text("ld-note ld-middle", WIDTH / 2, self.y + 17, text)
        self.y += _SLOT

    def end(self, text: str) -> None:
        self._text("ld-null ld-middle", WIDTH / 2, self.y + 13, text)
        self.y += 18

    def _slot(self, x: float, y: float, width: float, slot: str | None, *, wrong: bool) -> None:
        classes = ["ld-slot"]
        if slot is None:
            classes.append("ld-hole" if wrong else "ld-free")
        elif wrong:
            classes.append("ld-hole")
        if slot is not None and self._mark.gone[slot]:
            classes.append("ld-gone")
        if slot is not None and self._mark.new[slot]:
            classes.append("ld-new")
        if slot is not None and _is_named(slot, self._mark.named):
            classes.append("ld-named")
        inset = 2.0
        self._rect(" ".join(classes), x + inset, y + inset, width - 2 * inset, _SLOT - 2 * inset)
        middle = x + width / 2
        if slot is None:
            self._text("ld-null ld-middle", middle, y + 17, "NULL" if wrong else "·")
        elif len(slot) <= _LONG_NAME or width > 80:
            self._text("ld-entry ld-middle", middle, y + 17, slot)
        else:  # vm1:s2047
            vm, _, name = slot.rpartition(":")
            self._text("ld-small ld-middle", middle, y + 11.5, vm or slot[:_LONG_NAME])
            self._text("ld-small ld-middle", middle, y + 20.5, name if vm else "…")

    def _rect(self, classes: str, x: float, y: float, width: float, height: float) -> None:
        self.parts.append(svg.rect(x, y, width, height, class_=classes))

    def _text(self, classes: str, x: float, y: float, text: str) -> None:
        self.parts.append(svg.text(x, y, text, class_=classes))


def _counts(descriptor: dict[str, Any]) -> str:
    parts = []
    if descriptor["spte_count"] is not None:
        parts.append(f"spte_count {descriptor['spte_count']}")
    if descriptor["tail_count"] is not None:
        parts.append(f"tail_count {descriptor['tail_count']}")
    return ", ".join(parts)
