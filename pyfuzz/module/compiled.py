# SPDX-License-Identifier: GPL-2.0-only
"""The only importer of compiled targets, and their typed wrapper."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pyfuzz import world
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.kinds import ORDER, Kind
from pyfuzz.module import builder, engine
from pyfuzz.module.results import (
    Containment,
    RawFinding,
    Result,
    Skip,
    Step,
    Traits,
)
from pyfuzz.module.states import End, Found, Progress, Scope
from pyfuzz.symptom import Symptom
from pyfuzz.text import printable

if TYPE_CHECKING:
    from pyfuzz.target.catalogue import Target

ABI = 6
NONE = 65535
"""No SPTE, no head, no VM: PYFUZZ_NONE."""

_Lines = list[str]
_Numbers = list[int]
_Found = list[Found]


# Those traits that are yes or no.
_FLAGS = ("locked_heads", "rmap_add_recycles", "zap_all_returns", "sanitized")


class Module:
    """A compiled target.  A module has a single world, so it serves one user at a time.

    What is specific to a world is in its subclass, pyfuzz/worlds/NAME/module.py.
    """

    world: ClassVar[str]

    def __init__(self, flavour: str, path: Path, compiled: Any) -> None:
        self.flavour = flavour
        self.path = path
        self._ffi = compiled.ffi
        self._lib = compiled.lib
        if self._lib.PYFUZZ_ABI != ABI:
            raise HarnessError(
                f"{path.name} has interface {self._lib.PYFUZZ_ABI}, pyfuzz needs {ABI}: "
                "run 'make clean setup'"
            )
        self._op = self._ffi.new("struct pyfuzz_op *")
        self._step = self._ffi.new("struct pyfuzz_step *")
        self._attached: Any = None
        self.other: Module | None = None
        self.target: Target | None = None
        self.traits = self._read_traits()

    @property
    def walker(self) -> str:
        """Whose code walks guests' tables, ``kernel`` or ``pyfuzz``; "" in a world without any."""
        return ""

    def run(self, data: bytes, *, faults: bool = False) -> int:
        """Run one sequence with all checks; return how many signatures were new.

        ``faults`` says whether bit 7 of a record's first byte makes it a fault.
        """
        self.set_faults(on=faults)
        return int(self._lib.pyfuzz_run(data, len(data)))

    @property
    def run_function(self) -> Any:
        """The C function for an engine's loop: run(), and what csrc/worlds/lists/probe.c adds."""
        return self._lib.pyfuzz_fuzz

    def coverage(self, data: bytes) -> bytes:
        """Run one sequence for what it reaches by itself, whatever ran before.

        Returns a byte for each of the target's counters, then one for each
        state: 0, or the bit that says how often it was hit (8 classes).
        """
        size = self.traits.counters + self.traits.states
        out = self._ffi.new("uint8_t[]", size)
        self._lib.pyfuzz_coverage(data, len(data), out)
        return bytes(self._ffi.buffer(out, size))

    def begin(self) -> None:
        """Start a sequence that is given step by step, in a fresh world."""
        self._lib.pyfuzz_begin()

    def step(self, op: Any, operation: int, step: int = 0) -> Step:
        """Run repetition ``step`` of an operation, the ``operation``-th of its sequence."""
        self._fill(op)
        self._lib.pyfuzz_step(self._op, operation, step, self._step)
        return self._read_step()

    def _fill(self, op: Any) -> None:
        """Write an operation into ``self._op``, the world's own ``struct pyfuzz_op``."""
        raise NotImplementedError

    def _read_operation(self, op: Any) -> Any:
        """Return the operation that is in a ``struct pyfuzz_op``."""
        raise NotImplementedError

    def end(self, operation: int) -> Step:
        """Tear the world down with the final checks; ``operation`` is the sequence's length."""
        self._lib.pyfuzz_end(operation, self._step)
        return self._read_step()

    def _symptom(self, c: Any) -> Symptom:
        """Return the common part of the structures that are about a finding."""
        return Symptom(ORDER[c.kind], self._text(c.function), self._text(c.message), c.line)

    def last(self) -> Result:
        """Return what the last run(), or the steps since begin(), did."""
        c = self._lib.pyfuzz_last()
        findings = tuple(self._read_finding(c.findings[i]) for i in range(c.findings_len))
        return Result(c.operations, c.steps, findings)

    def containment(self) -> Containment | None:
        """Return the outcome of the faults in the last sequence, None if none was planted."""
        return None

    def set_faults(self, *, on: bool) -> None:
        """Say whether sequences may plant faults, for run_function; not every world has any."""

    def log(self) -> _Lines:
        """Return the lines that the target logged since begin()."""
        lines: _Lines = []
        while (text := self._lib.pyfuzz_log_line(len(lines))) != self._ffi.NULL:
            lines.append(self._text(text))
        return lines

    def attach(self, buffer: Any) -> None:
        """Count into this writable buffer (struct pyfuzz_shared) from now on."""
        size = self._ffi.sizeof("struct pyfuzz_shared")
        view = self._ffi.from_buffer("uint8_t[]", buffer, require_writable=True)
        if len(view) < size:
            raise HarnessError(f"a shared region has {size} bytes, this one {len(view)}")
        self._lib.pyfuzz_attach(view)
        self._attached = view  # C keeps the address

    def set_hang_limit(self, milliseconds: int) -> None:
        """Set after how long an operation that does not end is a hang."""
        self._lib.pyfuzz_set_hang_limit(milliseconds)

    def watch(self, *, on: bool) -> None:
        """Judge no memory from the next sequence on, and go on as long as the host lives."""
        self._lib.pyfuzz_watch(on)

    def block_addresses(self) -> _Numbers:
        """Return where the target's basic blocks begin in the module's file.

        Errors: HarnessError in a flavour other than lines.
        """
        self._need_lines()
        return [
            int(self._lib.pyfuzz_lines_address(block))
            for block in range(self._lib.pyfuzz_lines_blocks())
        ]

    def take_block_counts(self) -> _Numbers:
        """Return how often each basic block ran, and count from 0 again.

        Errors: HarnessError in a flavour other than lines.
        """
        self._need_lines()
        counts = self._ffi.unpack(self._lib.pyfuzz_lines_counts(), self._lib.pyfuzz_lines_blocks())
        self._lib.pyfuzz_lines_reset()
        return [int(count) for count in counts]

    @property
    def searchable(self) -> bool:
        """Whether the target's states can be searched one and all."""
        return hasattr(self._lib, "pyfuzz_exhaust_can") and bool(self._lib.pyfuzz_exhaust_can())

    @property
    def unsearchable(self) -> str:
        """Why not, "" if they can or if that is not known."""
        if self.searchable or not hasattr(self._lib, "pyfuzz_exhaust_cannot"):
            return ""
        why = self._lib.pyfuzz_exhaust_cannot()
        return str(self._ffi.string(why).decode()) if why else ""

    def search_begin(self, scope: Scope, part: int = 0, parts: int = 1) -> None:
        """Begin to visit all states of a scope, or one of several parts of them.

        An earlier search is forgotten.  Errors: HarnessError if there is no memory.
        """
        c = self._ffi.new("struct pyfuzz_scope *")
        for name in Scope.__dataclass_fields__:
            if name not in ("name", "memory_mb"):
                setattr(c, name, int(getattr(scope, name)))
        c.memory = scope.memory_mb << 20
        c.part, c.parts = part, parts
        if self._lib.pyfuzz_exhaust_begin(c):
            raise HarnessError("there is no memory for a search; please report")

    def search_on(self, transitions: int) -> Progress:
        """Continue the search for about this many transitions."""
        return self._progress(self._lib.pyfuzz_exhaust_run(transitions))

    def search_news(self) -> bytes:
        """Return the states that were found since the last call, for the other parts."""
        size = self._ffi.new("uint64_t *")
        news = self._lib.pyfuzz_exhaust_news(size)
        return bytes(self._ffi.buffer(news, size[0])) if size[0] else b""

    def search_hear(self, part: int, news: bytes) -> None:
        """Take the news of another part; errors: HarnessError if there is no memory."""
        if self._lib.pyfuzz_exhaust_hear(part, self._ffi.from_buffer(news), len(news)):
            raise HarnessError("there is no memory for a search; please report")

    def search_meet(self, *, whole: bool) -> Progress:
        """Number the new states of all parts; ``whole``: every move of the depth was tried."""
        return self._progress(self._lib.pyfuzz_exhaust_meet(whole))

    def _progress(self, c: Any) -> Progress:
        if c == self._ffi.NULL:
            raise HarnessError("no search was begun; please report")
        numbers = {
            name: int(getattr(c, name))
            for name in Progress.__dataclass_fields__
            if name not in ("end", "trouble")
        }
        return Progress(end=End(c.end), trouble=self._text(c.trouble), **numbers)

    def search_found(self) -> _Found:
        """Return the findings of the search so far; this changes the state of the world."""
        found: _Found = []
        count = self._ffi.new("uint64_t *")
        cap = 4096
        ops = self._ffi.new("struct pyfuzz_op[]", cap)
        state, move = self._ffi.new("uint32_t *"), self._ffi.new("uint32_t *")
        while (c := self._lib.pyfuzz_exhaust_finding(len(found), count)) != self._ffi.NULL:
            symptom, signature = self._symptom(c), int(c.signature)
            length = self._lib.pyfuzz_exhaust_path(len(found), ops, cap)
            if length > cap:
                cap = length
                ops = self._ffi.new("struct pyfuzz_op[]", cap)
                self._lib.pyfuzz_exhaust_path(len(found), ops, cap)
            operations = [self._read_operation(ops[i]) for i in range(length)]
            self._lib.pyfuzz_exhaust_where(len(found), state, move)
            where = int(state[0]), int(move[0])
            found.append(Found(symptom, signature, int(count[0]), where, operations))
        return found

    def compare_with(self, other: Module, level: int, aside: int) -> None:
        """From now on run() runs each sequence on both; only differences are found.

        Errors: UsageError if they are of different worlds.
        """
        wanted = self._ffi.new("struct pyfuzz_wanted *", {"level": level, "aside": aside})
        side = int(other._ffi.cast("uintptr_t", other._lib.pyfuzz_compare_side()))
        if self._lib.pyfuzz_compare_with(self._ffi.cast("void *", side), wanted):
            raise UsageError(
                f"targets that are compared must be of one world, {self.traits.name} is of "
                f"{self.world} and {other.traits.name} of {other.world}"
            )
        self.other = other

    def _need_lines(self) -> None:
        if self.flavour != "lines":
            raise HarnessError(
                f"basic blocks are counted in the lines flavour, this is {self.flavour}; "
                "please report"
            )

    def _text(self, c: Any) -> str:
        text = bytes(self._ffi.string(c)).decode("utf-8", "replace")
        # What the target prints ends its own lines.
        return printable(text.rstrip("\n"))

    def _read_step(self) -> Step:
        c = self._step
        return Step(
            skip=Skip(c.skip),
            error=bool(c.error),
            returned=c.returned if c.has_returned else None,
            expected=c.expected,
            recycled=bool(c.recycled),
            spte=None if c.spte == NONE else c.spte,
            expected_bugged=bits(c.expected_bugged),
            bugged=bits(c.bugged),
            alive=bits(c.alive),
            findings=kinds(c.findings),
            log_lines=c.log_lines,
        )

    def _read_finding(self, c: Any) -> RawFinding:
        return RawFinding(self._symptom(c), c.operation, c.step, c.signature)

    def _read_traits(self) -> Traits:
        c = self._lib.pyfuzz_traits()
        numbers = {
            name: int(getattr(c, name))
            for name in Traits.__dataclass_fields__
            if name not in ("name", "opcodes", *_FLAGS)
        }
        return Traits(
            name=self._text(c.name),
            opcodes=bits(c.opcodes),
            locked_heads=bool(c.locked_heads),
            rmap_add_recycles=bool(c.rmap_add_recycles),
            zap_all_returns=bool(c.zap_all_returns),
            sanitized=bool(c.sanitized),
            **numbers,
        )


@cache
def kinds(mask: int) -> tuple[Kind, ...]:
    return tuple(ORDER[bit] for bit in sorted(bits(mask)))


@cache
def bits(mask: int) -> frozenset[int]:
    return frozenset(bit for bit in range(32) if mask >> bit & 1)


def load(
    target: Target, flavour: str = "fuzz", *, confine: Callable[[], None] | None = None
) -> Module:
    """Load a target, built if necessary.  One target gives one module.

    ``confine`` is called when all is built, before any code of the target's can run.

    Errors: UsageError if an extracted target does not compile or lacks a
    function, or if the sanitize flavour is asked for in a process without its
    runtime; HarnessError if one of ours does not compile.
    """
    engine.load(flavour)
    path = builder.build(target, flavour)
    if confine is not None:
        if target.against is not None:
            builder.build(target.against.target, flavour)
        confine()
    try:
        module = open_module(path, flavour)
    except ImportError as error:
        family = UsageError if target.extracted else HarnessError
        raise family(f"{target.name} cannot be loaded: {error}") from error
    module.target = target
    if target.against is not None:
        against = target.against
        module.compare_with(load(against.target, flavour), against.level, against.aside)
    return module


@cache
def open_module(path: Path, flavour: str) -> Module:
    """Return the module in a file that build.py made; libFuzzer must be loaded.

    The module itself says which world it is of.

    Errors: ImportError if the file cannot be loaded.
    """
    compiled = builder.import_module(path)
    of = bytes(compiled.ffi.string(compiled.lib.pyfuzz_traits().world)).decode()
    return world.module_of(of)(flavour, path, compiled)
