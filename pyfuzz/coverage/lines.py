# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of a target's source a set of inputs runs, how often, and by which input.

The lines flavour counts every execution of every basic block (csrc/lines); the
module's own DWARF says which lines a block has code of.  Nothing else is
needed: no profile runtime, no gcov, no llvm-cov.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyfuzz.module import builder
from pyfuzz.module.dwarf import Function, LineTable, Place
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.target.source_text import SourceFile, source_files

if TYPE_CHECKING:
    from pyfuzz.module.compiled import Module
    from pyfuzz.sequence.input import Input
    from pyfuzz.target.catalogue import Target

FLAVOUR = "lines"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that has code.

    ``count`` is that of the line's most frequently run part, 0 if none ran.
    ``blocks`` is the number of basic blocks with code of the line and ``blocks_run``
    that of those that ran: fewer if a condition always went one way.  ``input`` is
    the first input that reached it, None if none did.
    """

    number: int
    count: int
    blocks: int
    blocks_run: int
    input: int | None


@dataclass(frozen=True, slots=True)
class FunctionCoverage:
    """A function that was compiled: how often it was entered, how many lines of it ran."""

    name: str
    line: int
    entries: int
    lines: int
    lines_run: int


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """One source file: ``text`` by line number, ``lines`` those that have code."""

    shown: str
    text: dict[int, str]
    lines: dict[int, Line]
    functions: tuple[FunctionCoverage, ...]


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """What a set of inputs runs of a target's own source files.

    ``inputs`` is how many were run; ``died`` numbers those that ended the
    process, whose executions are not counted.
    """

    files: tuple[FileCoverage, ...]
    inputs: int
    died: tuple[int, ...]

    @property
    def lines(self) -> int:
        """How many lines have code."""
        return sum(len(file.lines) for file in self.files)

    @property
    def lines_run(self) -> int:
        """How many of them were executed."""
        return sum(line.count > 0 for file in self.files for line in file.lines.values())


def line_coverage(target: Target, inputs: Iterable[Input]) -> LineCoverage:
    """Run inputs in a child process and count what they execute.

    A line's input is the first that reaches it: give the short ones first.
    Errors: UsageError or HarnessError as loading the target does, HarnessError
    if the module has no DWARF.
    """
    builder.build(target, FLAVOUR)  # here, where no time limit runs
    with Runner(target, FLAVOUR) as runner:
        path, addresses = runner.call(blocks)
        counts = [0] * len(addresses)
        first: list[int | None] = [None] * len(addresses)
        died: list[int] = []
        number = -1
        for number, one in enumerate(inputs):
            try:
                ran = runner.call(run, one)
            except ChildDiedError:
                died.append(number)
                continue
            for block, count in ran:
                counts[block] += count
                if first[block] is None:
                    first[block] = number
    table = LineTable(path, addresses)
    found = [
        _Block(start, end, counts[block], first[block])
        for block, (start, end) in _ranges(addresses, table)
    ]
    return LineCoverage(_files(target, table, found), number + 1, tuple(died))


def blocks(module: Module) -> tuple[Path, list[int]]:
    """Return a module's file and where its basic blocks begin (in the child)."""
    return module.path, module.block_addresses()


def run(module: Module, one: Input) -> list[tuple[int, int]]:
    """Run one input; return the blocks it ran and how often each (in the child)."""
    module.run(one.payload, faults=one.faults)
    return [(block, n) for block, n in enumerate(module.take_block_counts()) if n]


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    count: int
    input: int | None


def _ranges(addresses: list[int], table: LineTable) -> Iterator[tuple[int, tuple[int, int]]]:
    """The code of each block: unoptimized, it goes up to where the next one begins."""
    order = sorted(range(len(addresses)), key=addresses.__getitem__)
    for place, block in enumerate(order):
        start = addresses[block]
        function = table.function(start)
        if function is None:
            continue
        following = addresses[order[place + 1]] if place + 1 < len(order) else function.end
        yield block, (start, min(following, function.end))


def _files(target: Target, table: LineTable, found: list[_Block]) -> tuple[FileCoverage, ...]:
    by_place: dict[Place, list[_Block]] = defaultdict(list)
    for block in found:
        for place in table.places(block.start, block.end):
            by_place[place].append(block)
    files = []
    for path, source in source_files(target, table.folder).items():
        lines = {
            place.line: _line(place.line, on_line)
            for place, on_line in by_place.items()
            if place.file == path
        }
        functions = [function for function in table.functions if function.place.file == path]
        if lines:
            files.append(_file(source, dict(sorted(lines.items())), functions, found, table))
    return tuple(files)


def _line(number: int, on_line: list[_Block]) -> Line:
    inputs = [block.input for block in on_line if block.input is not None]
    return Line(
        number=number,
        count=max(block.count for block in on_line),
        blocks=len(on_line),
        blocks_run=sum(block.count > 0 for block in on_line),
        input=min(inputs, default=None),
    )


def _file(
    source: SourceFile,
    lines: dict[int, Line],
    functions: list[Function],
    found: list[_Block],
    table: LineTable,
) -> FileCoverage:
    entered = {block.start: block.count for block in found}
    covered = []
    for function in functions:
        places = table.places(function.start, function.end)
        own = [lines[p.line] for p in places if p.file == function.place.file and p.line in lines]
        covered.append(
            FunctionCoverage(
                name=function.name,
                line=function.place.line,
                entries=entered.get(function.start, 0),
                lines=len(own),
                lines_run=sum(line.count > 0 for line in own),
            )
        )
    covered.sort(key=lambda function: function.line)
    return FileCoverage(source.shown, source.lines, lines, tuple(covered))
