# SPDX-License-Identifier: GPL-2.0-only
"""A compiled target of the threads world: running schedules, searching them, looking at one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyfuzz.errors import HarnessError
from pyfuzz.kinds import ORDER
from pyfuzz.module import compiled
from pyfuzz.module.compiled import Module
from pyfuzz.module.results import Skip, Step
from pyfuzz.symptom import Symptom
from pyfuzz.worlds.threads import binary
from pyfuzz.worlds.threads.event import Event, EventKind, SearchResult, ThreadsFinding
from pyfuzz.worlds.threads.operation import (
    Act,
    Delay,
    Initial,
    Line,
    Operation,
    Sequence,
    Switch,
    What,
)
from pyfuzz.worlds.threads.places import Places

if TYPE_CHECKING:
    from pyfuzz.target.catalogue import Target

ABI = 7
_NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ThreadsStep(Step):
    """What one line did; of the tear-down, how long the schedule was, and its hash."""

    accesses: int
    hash: int


class ThreadsModule(Module):
    """Reads csrc/worlds/threads/threads.h."""

    world = "threads"

    def __init__(self, flavour: str, path: Path, compiled: Any) -> None:
        super().__init__(flavour, path, compiled)
        if self._lib.PYFUZZ_THREADS_ABI != ABI:
            raise HarnessError(
                f"{path.name} has interface {self._lib.PYFUZZ_THREADS_ABI}, pyfuzz needs {ABI}: "
                "run 'make clean setup'"
            )
        self._result = self._ffi.new("struct pyfuzz_threads_result *")
        self.places = Places(path, self._lib.pyfuzz_threads_target_code())
        self._told: Any = None
        self._tell_places()

    def _tell_places(self) -> None:
        """Tell the harness where the code was written, so that its findings can name it."""
        codes = self.places.codes()
        self._told = self._ffi.new("struct pyfuzz_code[]", len(codes))
        for c, (start, function, line) in zip(self._told, codes, strict=True):
            c.start, c.line, c.function = start, line, function.encode()[:63]
        self._lib.pyfuzz_threads_places(self._told, len(codes))

    def run(self, data: bytes, *, faults: bool = False) -> int:
        """Run one sequence; see Module.run().

        Errors: HarnessError if a schedule with a finding does not replay exactly.
        """
        new = super().run(data, faults=faults)
        self._check_replayed()
        return new

    def _check_replayed(self) -> None:
        if self._lib.pyfuzz_threads_errors():
            raise HarnessError(
                f"{self.traits.name}: a schedule did not replay exactly; please report"
            )

    def decode(self, data: bytes) -> Line:
        """Decode the bytes of one line as the C harness does."""
        if len(data) != self._lib.PYFUZZ_OP_BYTES:
            raise ValueError(f"a line has {self._lib.PYFUZZ_OP_BYTES} bytes, not {len(data)}")
        self._lib.pyfuzz_decode(data, self._op)
        c = self._op
        match c.record:
            case self._lib.PYFUZZ_R_LIST:
                return Initial(c.entries, bool(c.ad), bool(c.reuse), bool(c.tso))
            case self._lib.PYFUZZ_R_SWITCH:
                return Switch(c.fiber, c.at, c.next)
            case self._lib.PYFUZZ_R_DELAY:
                return Delay(c.fiber, c.at, c.by)
            case _:
                return Act(c.fiber, Operation(What(c.what), c.operand))

    def _fill(self, op: Line) -> None:
        self._lib.pyfuzz_decode(binary.encode([op]), self._op)

    def step(self, op: Any, operation: int, step: int = 0) -> ThreadsStep:
        """Note a line, the ``operation``-th of its sequence."""
        done = super().step(op, operation, step)
        assert isinstance(done, ThreadsStep)
        return done

    def end(self, operation: int) -> ThreadsStep:
        """Run the schedule that the lines make, twice.

        Errors: HarnessError if it does not run the same.
        """
        done = super().end(operation)
        self._check_replayed()
        assert isinstance(done, ThreadsStep)
        return done

    def _read_step(self) -> ThreadsStep:
        c = self._step
        return ThreadsStep(
            skip=Skip(c.skip),
            error=False,
            returned=None,
            expected=0,
            recycled=False,
            spte=None,
            expected_bugged=_NOBODY,
            bugged=_NOBODY,
            alive=_NOBODY,
            findings=compiled.kinds(c.findings),
            log_lines=c.log_lines,
            accesses=c.accesses,
            hash=c.hash,
        )

    @property
    def name(self) -> str:
        """The target's name."""
        return self.traits.name

    @property
    def locked_heads(self) -> bool:
        """Whether heads have a lock bit, so that walkers need no mmu_lock."""
        return bool(self._lib.pyfuzz_threads_locked_heads())

    @property
    def reached(self) -> bool:
        """Whether the place of a planted mutant was reached; False without one."""
        return bool(self._lib.pyfuzz_threads_reached())

    def can(self, what: What) -> bool:
        """Tell whether the target has the function that an operation needs."""
        return bool(self._lib.pyfuzz_threads_can(what))

    def search(
        self, sequence: Sequence, bound: int, *, prune: bool = True, limit: int = 0
    ) -> SearchResult:
        """Run every schedule of a sequence's fibers with at most ``bound`` switches.

        A switch counts if it preempts a fiber that could have continued.  The
        sequence's own switches are ignored.  With store buffers, as many stores
        wait at most.  ``limit``: schedules, 0 for no limit.
        Errors: HarnessError if a schedule does not replay exactly.
        """
        scenario = self._scenario(sequence)
        delays = bound if sequence.tso else 0
        self._lib.pyfuzz_threads_search(scenario, bound, delays, prune, limit, self._result)
        return self._read(sequence)

    def fuzz(self, sequence: Sequence, seed: int, *, schedules: int, changes: int) -> SearchResult:
        """Run random schedules, each with so many changes of priority (PCT).

        Errors: HarnessError if one with a finding does not replay exactly.
        """
        scenario = self._scenario(sequence)
        self._lib.pyfuzz_threads_fuzz(scenario, seed, schedules, changes, self._result)
        return self._read(sequence)

    def pairs(self, *, forget: bool = False) -> int:
        """Return how many pairs of a writing and a using place fuzz() has seen."""
        return int(self._lib.pyfuzz_threads_pairs(forget))

    def run_sequence(self, sequence: Sequence) -> SearchResult:
        """Run one schedule, twice to check that it replays exactly.

        Errors: HarnessError if the two differ.
        """
        schedule = self._ffi.new("struct pyfuzz_schedule *")
        schedule.len = len(sequence.switches)
        for number, switch in enumerate(sequence.switches):
            out = schedule.switches[number]
            out.fiber, out.at, out.next = switch.fiber, switch.at, switch.next
        schedule.delays_len = len(sequence.delays)
        for number, delay in enumerate(sequence.delays):
            wait = schedule.delays[number]
            wait.fiber, wait.at, wait.by = delay.fiber, delay.at, delay.by
        self._lib.pyfuzz_threads_run(self._scenario(sequence), schedule, self._result)
        return self._read(sequence)

    def events(self) -> list[Event]:
        """Return the accesses of the last schedule that was traced."""
        length = self._lib.pyfuzz_threads_trace(self._ffi.NULL, 0)
        events = self._ffi.new("struct pyfuzz_event[]", length)
        self._lib.pyfuzz_threads_trace(events, length)
        return [
            Event(
                EventKind(e.kind),
                e.fiber,
                e.access,
                e.place,
                self._text(e.what),
                e.value,
                e.size,
                bool(e.forced),
                self._text(e.list),
            )
            for e in events
        ]

    def litmus(
        self, name: str, bound: int, *, prune: bool = True, tso: bool = False
    ) -> tuple[set[int], SearchResult]:
        """Run a litmus test of csrc/worlds/threads/litmus.c; return its outcomes.

        ``tso``: fibers have store buffers.  An outcome has bit ``n`` set where register
        ``n`` ended as 1.
        Errors: HarnessError if there is no such test.
        """
        mask = self._lib.pyfuzz_threads_litmus(name.encode(), bound, prune, tso, self._result)
        if mask < 0:
            raise HarnessError(f"there is no litmus test '{name}'")
        outcomes = {bit for bit in range(16) if mask >> bit & 1}
        return outcomes, self._read(Sequence(0, ((),)))

    def _scenario(self, sequence: Sequence) -> Any:
        scenario = self._ffi.new("struct pyfuzz_scenario *")
        scenario.fibers = len(sequence.fibers)
        scenario.entries = sequence.entries
        scenario.ad = sequence.ad
        scenario.reuse = sequence.reuse
        scenario.tso = sequence.tso
        for number, operations in enumerate(sequence.fibers):
            fiber = scenario.fiber[number]
            fiber.ops_len = len(operations)
            for index, operation in enumerate(operations):
                fiber.ops[index].what = operation.what
                fiber.ops[index].operand = operation.entry
        return scenario

    def _read(self, sequence: Sequence) -> SearchResult:
        r = self._result
        if r.errors:
            raise HarnessError(
                f"{self.traits.name}: a schedule did not replay exactly; please report"
            )
        return SearchResult(
            r.schedules,
            r.pruned,
            r.accesses,
            r.words,
            r.outcomes,
            r.outcomes_hash,
            r.hash,
            bool(r.complete),
            r.longest,
            r.new_pairs,
            tuple(r.at_bound),
            tuple(self._finding(r.findings[i], sequence) for i in range(r.findings_len)),
        )

    def _finding(self, raw: Any, sequence: Sequence) -> ThreadsFinding:
        place = self.places.find(raw.place)
        schedule = raw.schedule
        switches = tuple(Switch(s.fiber, s.at, s.next) for s in schedule.switches[0 : schedule.len])
        waits = schedule.delays[0 : schedule.delays_len]
        delays = tuple(Delay(d.fiber, d.at, d.by) for d in waits)
        return ThreadsFinding(
            symptom=Symptom(
                ORDER[raw.kind],
                place.function or self._text(raw.function),
                self._text(raw.message),
                place.line,
            ),
            signature=raw.signature,
            other=str(self.places.find(raw.other_place)) if raw.other_place else "",
            fiber=raw.fiber,
            access=raw.access,
            away=raw.away,
            delayed=raw.delayed,
            first_schedule=raw.first_schedule,
            count=raw.count,
            sequence=replace(sequence, switches=switches, delays=delays),
        )


def load(target: Target, flavour: str = "fuzz") -> ThreadsModule:
    """Return the module of a target of this world, as pyfuzz.module.compiled.load() does."""
    module = compiled.load(replace(target, world=ThreadsModule.world), flavour)
    assert isinstance(module, ThreadsModule), target.name
    return module


MODULE = ThreadsModule
