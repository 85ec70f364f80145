# SPDX-License-Identifier: GPL-2.0-only
"""What real bugs come to: a fix is reverted, its bug is triggered, and what follows is watched.

The world is ``pages``: a guest's accesses and what its VMM and the host do, no
fault in memory.  Nothing is judged; only what a host would notice, or not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyfuzz import fixes
from pyfuzz.errors import UsageError
from pyfuzz.fixes import Fix
from pyfuzz.kinds import Kind
from pyfuzz.mutants import mutant
from pyfuzz.mutants.sources import DoesNotApplyError, Source, changed
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.sequence import container
from pyfuzz.sequence.text import format_operation
from pyfuzz.worlds.pages.operation import Opcode
from pyfuzz.worlds.pages.text import parse_words

if TYPE_CHECKING:
    from pyfuzz.target.catalogue import Target
    from pyfuzz.worlds.pages.module import PagesModule
    from pyfuzz.worlds.pages.operation import Operation

# What the host dies of, and what shows that memory was used after it was freed.
_DEATHS = frozenset({Kind.HOST_BUG, Kind.HOST_FAULT, Kind.HANG})
_FREED = frozenset({Kind.USE_AFTER_FREE, Kind.DOUBLE_FREE})
_VM = 0
_PAGE = ~0xFFF
# Ordinary use after the bug; up to two of them follow, in any order.
FOLLOW_UPS = (
    "access vm0 cpu0 read 0:0:2:0",
    "access vm0 cpu0 fetch 0:0:2:1",
    "access vm0 cpu0 write 0:0:0:0",
    "write vm0 cpu0 0:0:2 nothing",
    "write vm0 cpu0 0:0:0:0 nothing",
    "write vm0 cpu0 0:0 nothing",
    "flush vm0 cpu0",
    "unload vm0 cpu0",
    "age vm0 0x203 slot",
    "unmap vm0 0x203 slot",
    "write-protect vm0 slot1 4K",
    "collapse vm0 slot1",
    "split vm0 slot1 4K",
    "reclaim vm0 8",
    "recover-nx vm0",
    "zap-all vm0",
    "slot-delete vm0 slot1",
    "access vm1 cpu0 read 0:0:2:0",
)
MOST = 2

REVERTED, SHIPPED = "reverted", "as shipped"


class Consequence(Enum):
    """What a sequence comes to, from the least harm to the most."""

    BUGGED = "bugged"
    BUGGED_TOO = "bugged-use-after-free"
    SILENT = "silent-use-after-free"
    HOST_DEATH = "host-death"


SIGNS = {
    Consequence.BUGGED: "B",
    Consequence.BUGGED_TOO: "F",
    Consequence.SILENT: "U",
    Consequence.HOST_DEATH: "X",
}
MEANING = {
    Consequence.BUGGED: "only the VM is bugged",
    Consequence.BUGGED_TOO: "the VM is bugged, and freed memory is still in a list or written to",
    Consequence.SILENT: "the same, and nothing notices",
    Consequence.HOST_DEATH: "the host dies",
}


@dataclass(frozen=True, slots=True)
class Example:
    """The first sequence that came to a consequence, and by what."""

    sequence: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class BugCell:
    """One bug on one target: everything that some sequence came to.

    ``how`` is "reverted", "as shipped" where the target never had the fix, or why
    there is nothing to run.  ``fixed`` is what the same sequences come to with the
    fix, which must be nothing; None where there is no such code to compare with.
    """

    target: str
    fix: Fix
    how: str
    sequences: int = 0
    shown: dict[Consequence, Example] = field(default_factory=dict)
    fixed: dict[Consequence, Example] | None = None

    @property
    def ran(self) -> bool:
        """Whether the target has the bug, so that there is something to show."""
        return self.how in (REVERTED, SHIPPED)

    @property
    def sign(self) -> str:
        """What it comes to, a letter each; "·" nothing of that, "" not run."""
        if not self.ran:
            return ""
        return "".join(SIGNS[one] for one in Consequence if one in self.shown) or "·"

    def as_object(self) -> dict[str, Any]:
        """Return the cell as ``pyfuzz containment --bug all --json`` prints it."""
        return {
            "target": self.target,
            "commit": self.fix.commit,
            "cve": self.fix.cve or None,
            "how": self.how,
            "sequences": self.sequences,
            "consequences": _examples(self.shown),
            "with_fix": None if self.fixed is None else _examples(self.fixed),
        }


def _examples(shown: dict[Consequence, Example]) -> dict[str, object]:
    return {
        one.value: {"sequence": list(example.sequence), "because": example.because}
        for one, example in shown.items()
    }


def catalogue(names: Iterable[str] = ("all",)) -> list[Fix]:
    """Return the fixes that can be reverted, of these names.

    Errors: UsageError that names those there are.
    """
    revertible = {one.name for one in mutant.catalogue("reverted")}
    known = {fix.commit: fix for fix in fixes.catalogue() if fix.commit in revertible}
    wanted = list(dict.fromkeys(names))
    if "all" in wanted:
        return list(known.values())
    for name in wanted:
        if name not in known:
            raise UsageError(f"a bug must be all or one of {', '.join(known)}, is '{name}'")
    return [known[name] for name in wanted]


def find(
    targets: Iterable[Target], bugs: Sequence[Fix], watch: Callable[[BugCell], None]
) -> list[BugCell]:
    """Return a cell for each bug on each target.

    Errors: UsageError or HarnessError if a target cannot be built.
    """
    cells = []
    with tempfile.TemporaryDirectory(prefix="pyfuzz-bugs-") as folder:
        for target in targets:
            for cell in _row(target, bugs, Path(folder)):
                watch(cell)
                cells.append(cell)
    return cells


def _row(target: Target, bugs: Sequence[Fix], folder: Path) -> Iterator[BugCell]:
    source = Source(target)
    edits = {one.name: one for one in mutant.catalogue("reverted")}
    with Runner(target) as shipped:
        lacks = {state.fix.commit for state in fixes.states(target, bugs) if _lacks(state)}
        for fix in bugs:
            sequences = list(sequences_of(fix))
            if fix.commit in lacks:
                shown = observe(shipped, sequences)
                yield BugCell(target.name, fix, SHIPPED, len(sequences), shown)
                continue
            try:
                text = source.apply(edits[fix.commit])
            except DoesNotApplyError as error:
                yield BugCell(target.name, fix, str(error))
                continue
            with Runner(changed(target, text, fix.commit, folder)) as broken:
                shown = observe(broken, sequences)
            fixed = observe(shipped, sequences)
            yield BugCell(target.name, fix, REVERTED, len(sequences), shown, fixed)


def _lacks(state: fixes.State) -> bool:
    return state.state == fixes.NOT_FIXED


def sequences_of(fix: Fix) -> Iterator[list[Operation]]:
    """Yield a fix's regression, up to the end of its VM, with what may follow, shortest first."""
    whole = container.read(fix.path).operations
    trigger = [op for op in whole if op.opcode is not Opcode.END]
    after = [parse_words(line.split()) for line in FOLLOW_UPS]
    for length in range(MOST + 1):
        for follow in product(after, repeat=length):
            yield [*trigger, *follow]


def observe(runner: Runner, sequences: Sequence[list[Operation]]) -> dict[Consequence, Example]:
    """Return what the sequences come to, with the first that does."""
    try:
        shown: dict[Consequence, Example] = runner.call(_observe, list(sequences))
    except ChildDiedError:
        shown = {}
        for one in sequences:
            for consequence, example in _alone(runner, one).items():
                shown.setdefault(consequence, example)
    return {one: shown[one] for one in Consequence if one in shown}


def _alone(runner: Runner, operations: list[Operation]) -> dict[Consequence, Example]:
    try:
        shown: dict[Consequence, Example] = runner.call(_observe, [operations])
    except ChildDiedError as died:
        return {Consequence.HOST_DEATH: Example(_lines(operations), died.finding.message)}
    return shown


def _observe(module: PagesModule, sequences: list[list[Operation]]) -> dict[Consequence, Example]:
    """Run sequences to their end (in the child)."""
    shown: dict[Consequence, Example] = {}
    module.watch(on=True)
    try:
        for operations in sequences:
            worst, because = consequence(module, operations)
            if worst is not None and worst not in shown:
                shown[worst] = Example(_lines(operations), because)
    finally:
        module.watch(on=False)
    return shown


def consequence(module: PagesModule, operations: list[Operation]) -> tuple[Consequence | None, str]:
    """Return the worst that a sequence comes to, and by what (in the child)."""
    bugged, freed = "", ""
    module.begin()
    for number, op in enumerate(operations):
        done = module.step(op, number)
        if _DEATHS.intersection(done.findings):
            return Consequence.HOST_DEATH, _said(module, _DEATHS)
        if _VM in done.bugged and not bugged:
            bugged = f"by '{format_operation(op)}'"
        freed = freed or dangling(module)
    found = frozenset(module.end(len(operations)).findings)
    if _DEATHS & found:
        return Consequence.HOST_DEATH, f"{_said(module, _DEATHS)}, when the VM ends"
    freed = freed or _said(module, _FREED)
    if freed:
        return Consequence.BUGGED_TOO if bugged else Consequence.SILENT, freed
    return (Consequence.BUGGED, bugged) if bugged else (None, "")


def _said(module: PagesModule, kinds: frozenset[Kind]) -> str:
    found = [one for one in module.last().findings if one.kind in kinds]
    if not found:
        return ""
    where = f" in {found[-1].function}" if found[-1].function else ""
    return f"{found[-1].kind.value}{where}: {found[-1].message}"


def dangling(module: PagesModule) -> str:
    """Name a list with an entry in a page that is freed, "" if there is none."""
    pages = module.shadows(_VM)
    tables = {page.spt for page in pages}
    heads = [(f"the reverse map of gfn {rmap.gfn:#x}", rmap.value) for rmap in module.rmaps(_VM)]
    heads += [
        (f"the parents of the page for gfn {page.gfn:#x}", module.parents(_VM, page.header))
        for page in pages
    ]
    for name, value in heads:
        entries = module.entries(value) if value else ()
        if entries is None:
            return f"{name} has a descriptor that is freed"
        if any(entry & _PAGE not in tables for entry in entries):
            return f"{name} has an entry in a page that is freed"
    return ""


def _lines(operations: Iterable[Operation]) -> tuple[str, ...]:
    return tuple(map(format_operation, operations))


def markdown(cells: Sequence[BugCell]) -> Iterator[str]:
    """Yield the lines of the matrix: bugs down, targets across."""
    targets = list(dict.fromkeys(cell.target for cell in cells))
    bugs = list(dict.fromkeys(cell.fix for cell in cells))
    by_place = {(cell.fix, cell.target): cell for cell in cells}
    yield "| bug | " + " | ".join(f"`{target}`" for target in targets) + " |"
    yield "|---|" + ":-:|" * len(targets)
    for fix in bugs:
        row = (by_place.get((fix, target)) for target in targets)
        yield f"| {fix.cve or fix.commit} | " + " | ".join(map(_marked, row)) + " |"
    yield ""
    yield ", ".join(f"{SIGNS[one]} {MEANING[one]}" for one in Consequence) + ";"
    yield "· none of that; * the kernel as it is, without the fix; n/a: no such code."


def _marked(cell: BugCell | None) -> str:
    if cell is None or not cell.ran:
        return "n/a"
    sign = f"**{cell.sign}**" if Consequence.HOST_DEATH in cell.shown else cell.sign
    return f"{sign} \\*" if cell.how == SHIPPED else sign


def examples(cells: Sequence[BugCell]) -> Iterator[str]:
    """Yield why each cell is what it is: the shortest sequence after the bug's own, and by what."""
    for cell in cells:
        name = f"{cell.target}, {cell.fix.cve or cell.fix.commit}"
        if not cell.ran:
            yield f"{name}: {cell.how}"
        for one, example in cell.shown.items():
            yield f"{name}: {one.value}: {example.because}"
            yield f"    {' / '.join(example.sequence)}"
        for one, example in (cell.fixed or {}).items():
            yield f"{name}: WITH THE FIX {one.value}: {example.because}"
            yield f"    {' / '.join(example.sequence)}"
