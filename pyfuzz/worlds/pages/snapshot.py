# SPDX-License-Identifier: GPL-2.0-only
"""A VM's memory around one step of a sequence, as boxes for a drawing.

Guest tables, shadow pages and reverse maps are compared before and after; the
independent oracle says what is wrong, and where.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pyfuzz.replay.drawing import Box, Drawing, PagesPicture, Row, State
from pyfuzz.worlds.pages import drawing as text
from pyfuzz.worlds.pages.judge import OBSERVED, Judge
from pyfuzz.worlds.pages.model import MARKED, levels_of
from pyfuzz.worlds.pages.operation import FRAMES, INDICES, VCPUS, VMS, Mode, Opcode, Operands
from pyfuzz.worlds.pages.text import MODES
from pyfuzz.worlds.pages.trace import entry_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyfuzz.worlds.pages.broken import Broken
    from pyfuzz.worlds.pages.module import PagesModule
    from pyfuzz.worlds.pages.operation import Operation

# Entries of a table that hold something, see docs/pages.md.
_USED = sorted({*INDICES, 3})
_NAMES_PAGE = (Operands.ACCESS, Operands.PAGE, Operands.ENTRY)
# A box shows at most this many rows that the step left alone; a split fills a page.
_MAX_SAME = 8
_MAX_CHANGED = 24
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


class _Entry(NamedTuple):
    """A row before its state is known: what compares it, how it reads, its SPTE's address."""

    key: str
    text: str
    spte: int = 0


@dataclass(slots=True)
class _Part:
    """A box before its state is known."""

    note: str
    entries: list[_Entry] = field(default_factory=list)


_Parts = dict[str, _Part]


@dataclass(slots=True)
class _Memory:
    """A VM's memory at one moment."""

    guest: _Parts
    shadows: _Parts
    rmaps: _Parts
    places: Mapping[int, str]


def drawing(
    module: PagesModule, operations: list[Operation], operation: int, step: int
) -> Drawing | None:
    """Run a sequence up to and including one operation; return what it did to its VM's memory.

    None if there is no such operation; ``operation`` may be the sequence's length:
    the tear-down.  Names are those of a replay's trace.
    """
    del step
    if operation > len(operations):
        return None
    judge, names = Judge(module), text.Names()
    bugged: frozenset[int] = frozenset()
    for op in operations[:operation]:
        bugged = judge.step(op)[0].bugged
        if op.opcode is not Opcode.END:
            text.draw(module, op.vm, names)
    vm = operations[operation].vm if operation < len(operations) else _alive(judge)
    pages = _pages_of(operations[: operation + 1], vm)
    before = _memory(judge, vm, names, pages)
    if operation == len(operations):
        after, broken, bugged_after = None, judge.end(), bugged
    else:
        done, broken = judge.step(operations[operation])
        bugged_after = done.bugged
        after = _memory(judge, vm, names, pages) if vm in done.alive else None
    module.end(len(operations))
    return Drawing(
        spte=None,
        bugged_before=sorted(bugged),
        bugged_after=sorted(bugged_after),
        vms=VMS,
        pages=_picture(vm, before, after, broken),
    )


def _alive(judge: Judge) -> int:
    """Return the first VM with shadow pages, which is what a tear-down has to free."""
    vms = [vm for vm in range(VMS) if judge.model.vms[vm] is not None]
    return next((vm for vm in vms if judge.module.shadows(vm)), 0)


def _pages_of(operations: Iterable[Operation], vm: int) -> list[tuple[int, int]]:
    """Return the vCPUs of a VM and the pages of the guest's that operations name."""
    named = (op for op in operations if op.vm == vm and op.form.operands in _NAMES_PAGE)
    return list(dict.fromkeys((op.vcpu, op.page) for op in named))


def _memory(judge: Judge, vm: int, names: text.Names, pages: list[tuple[int, int]]) -> _Memory:
    # Names are given in the order in which a trace draws pages.
    text.draw(judge.module, vm, names)
    places = text.places(judge.module, vm, names)
    guest = _addresses(judge, vm, pages)
    guest.update(_tables(judge, vm, pages))
    return _Memory(guest, _shadows(judge, vm, names, places), _rmaps(judge, vm, places), places)


def _addresses(judge: Judge, vm: int, pages: list[tuple[int, int]]) -> _Parts:
    """Return a box for each vCPU: where its guest's tables map the addresses to."""
    parts: _Parts = {}
    state = judge.model.vms[vm]
    if state is None:
        return parts
    for vcpu, page in pages:
        cpu = state.vcpus[vcpu]
        mode = Mode(cpu.mode)
        gva = judge.module.gva(page, mode)
        gfn = judge.model.maps_to(state, cpu, gva) if mode is not Mode.BITS32 else None
        root = "" if mode is Mode.NONPAGING else f", root gfn {cpu.root:#x}"
        note = f"{MODES[mode]}{' smm' * cpu.smm}{root}"
        part = parts.setdefault(f"cpu{vcpu}", _Part(note))
        to = "nothing" if gfn is None else f"gfn {gfn:#x}"
        if mode is not Mode.BITS32:
            part.entries.append(_Entry(f"{gva:#x} {to}", f"{gva:#x} -> {to}"))
    return parts


def _tables(judge: Judge, vm: int, pages: list[tuple[int, int]]) -> _Parts:
    """Return the tables on the way to the addresses: every entry that holds something."""
    parts: _Parts = {}
    state = judge.model.vms[vm]
    if state is None:
        return parts
    for vcpu, page in pages:
        cpu = state.vcpus[vcpu]
        if cpu.mode in (Mode.NONPAGING, Mode.BITS32):
            continue
        gva, gfn = judge.module.gva(page, cpu.mode), cpu.root
        for level in range(levels_of(cpu.mode), 0, -1):
            table = state.table_at(cpu.smm, gfn)
            if table is None:
                break
            parts.setdefault(f"table gfn {gfn:#x}", _table(judge, vm, table, gfn, level))
            entry = judge.module.guest_entry(vm, table, gva >> 12 + 9 * (level - 1) & 511)
            if not entry & 1 or entry & 0x80:
                break
            gfn = entry >> 12 & 0xFFFFFFFFFF
    return parts


def _table(judge: Judge, vm: int, table: int, gfn: int, level: int) -> _Part:
    moved = "" if gfn == FRAMES[table] else f", memory of gfn {FRAMES[table]:#x} at first"
    part = _Part(f"level {level}{moved}")
    stale = judge.model.vm(vm).stale
    for index in _USED:
        entry = judge.module.guest_entry(vm, table, index)
        untold = ", not told" if (table, index) in stale else ""
        if entry or untold:
            # Walks set the accessed and the dirty bit: that is no change worth a mark.
            key = f"[{index}] {entry & ~MARKED:#x}{untold}"
            part.entries.append(_Entry(key, f"[{index}] {entry_text(entry)}{untold}"))
    return part


def _shadows(judge: Judge, vm: int, names: text.Names, places: Mapping[int, str]) -> _Parts:
    module, parts = judge.module, {}
    pages = {page.header: page for page in module.shadows(vm)}
    roots: dict[int, list[str]] = {}
    for vcpu in range(VCPUS):
        roots.setdefault(module.root(vm, vcpu), []).append(f"root of cpu{vcpu}")
    for header, page in sorted(pages.items(), key=lambda item: -item[1].level):
        words = [text.describe(page), *text.states(page), *roots.get(header, [])]
        part = parts[names.of(page)] = _Part(", ".join(words))
        for spte in module.sptes(vm, header):
            said = text.spte_text(spte, pages, names)
            part.entries.append(
                _Entry(f"[{spte.index}] {said}", f"[{spte.index}] {said}", spte.address)
            )
        part.entries += _list(module, module.parents(vm, header), places, "<- ")
    return parts


def _rmaps(judge: Judge, vm: int, places: Mapping[int, str]) -> _Parts:
    parts: _Parts = {}
    for rmap in judge.module.rmaps(vm):
        name = f"{text.SIZES[rmap.level]} gfn {rmap.gfn:#x}"
        slot = f"{'smm-' * rmap.space}slot{rmap.slot}"
        key = f"{name}{' smm' * rmap.space}"
        parts[key] = _Part(slot, list(_list(judge.module, rmap.value, places, "")))
    return parts


def _list(
    module: PagesModule, value: int, places: Mapping[int, str], mark: str
) -> Iterator[_Entry]:
    """Yield the entries of a list; the second of two that are equal has a key of its own."""
    if not value:
        return
    entries = module.entries(value)
    if entries is None:
        yield _Entry(f"{mark}broken", f"{mark}a broken list ({value:#x})")
        return
    seen: Counter[int] = Counter()
    for address in entries:
        seen[address] += 1
        place = places.get(address, "(not in a live page)")
        yield _Entry(f"{mark}{address:#x} {seen[address]}", f"{mark}{place}", address)


def _picture(vm: int, before: _Memory, after: _Memory | None, broken: list[Broken]) -> PagesPicture:
    wrong: dict[int, tuple[str, ...]] = {}
    for one in broken:
        if one.spte:
            wrong[one.spte] = tuple(dict.fromkeys((*wrong.get(one.spte, ()), one.kind.value)))
    last = after or before
    places = {**before.places, **last.places}

    def boxes(old: _Parts, new: _Parts) -> tuple[Box, ...]:
        return tuple(_box(name, old.get(name), new.get(name), wrong) for name in {**new, **old})

    return PagesPicture(
        vm=vm,
        moment="before" if after is None else "after",
        # A table that the walk reaches only before or only after is neither gone nor new.
        guest=boxes({**last.guest, **before.guest}, {**before.guest, **last.guest}),
        shadows=boxes(before.shadows, last.shadows),
        rmaps=boxes(before.rmaps, last.rmaps),
        broken=tuple(_rules(broken, places)),
    )


def _rules(broken: Iterable[Broken], places: Mapping[int, str]) -> Iterator[str]:
    """Yield what the oracle says; the finding itself says what only the harness sees."""
    seen = (one for one in broken if one.kind not in OBSERVED)
    yield from dict.fromkeys(f"{one.kind.value}: {_named(one.message, places)}" for one in seen)


def _named(message: str, places: Mapping[int, str]) -> str:
    """Write the names of SPTEs instead of their addresses."""
    return _ADDRESS.sub(lambda found: places.get(int(found[0], 16), found[0]), message)


def _box(
    name: str, old: _Part | None, new: _Part | None, wrong: Mapping[int, tuple[str, ...]]
) -> Box:
    state: State = "same" if old and new else "new" if new else "gone"
    first = {entry.key: entry for entry in old.entries} if old else {}
    then = {entry.key: entry for entry in new.entries} if new else {}
    rows = []
    for key, entry in {**first, **then}.items():
        row_state: State = (
            "same" if key in first and key in then else "new" if key in then else "gone"
        )
        kinds = () if row_state == "gone" else wrong.get(entry.spte, ())
        rows.append(Row(entry.text, row_state, kinds))
    said = new or old
    assert said is not None
    return Box(name, said.note, state, tuple(_shortened(sorted(rows, key=_order))))


def _order(row: Row) -> tuple[bool, int, bool]:
    """Order by the index of an entry, then the list of parents; what is gone before what is new."""
    found = re.match(r"\[(\d+)\]", row.text)
    return found is None, int(found[1]) if found else 0, row.state != "gone"


def _shortened(rows: list[Row]) -> Iterator[Row]:
    """Yield what matters of many rows, and how many are left out."""
    shown: Counter[bool] = Counter()
    left = 0
    for row in rows:
        matters = bool(row.wrong) or row.state != "same"
        shown[matters] += 1
        if shown[matters] <= (_MAX_CHANGED if matters else _MAX_SAME):
            yield row
        else:
            left += 1
    if left:
        yield Row(f"... {left} more ...", "same")
