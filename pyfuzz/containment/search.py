# SPDX-License-Identifier: GPL-2.0-only
"""Search for the worst outcome of one fault on one target, and its shortest sequence.

New evidence guides the search: a sequence after which anything differs from all
earlier ones is mutated further.  The functions that take a
module run in the child process of pyfuzz.replay.runner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from pyfuzz.containment.draw import FAULTY_VM, Around
from pyfuzz.finding.minimize import shrink
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Containment, Outcome, Skip, Traits
from pyfuzz.sequence.binary import decode, encode
from pyfuzz.sequence.input import Encoding
from pyfuzz.worlds.lists.faults import FAULTS, Fault
from pyfuzz.worlds.lists.operation import HEADS, Opcode, Operation

if TYPE_CHECKING:
    from pyfuzz.module.compiled import Module

# Processor time for one call: thousands of times what the longest list takes.
HANG_LIMIT_MS = 10
# The limit with which a hang is confirmed, once per cell.
PATIENT_LIMIT_MS = 2000
# The host is already dead: this many more runs, to find a simpler death.
_AFTER_DEATH_RUNS = 60
_AFTER_HANG_RUNS = 6
_BUDGET_RUNS = 4000
_HANG_BUDGET_RUNS = 400
_CORPUS = 64
# One size for all, so that every target gets the same sequences, whatever its descriptors hold.
_SAMPLE_CAPACITY = 14

# Of several ways to die, prefer the one that depends least on addresses.
_PLAIN = (Kind.HOST_BUG, Kind.HANG, Kind.HOST_FAULT)

_ENCODING = Encoding("lists", faults=True)

# Runs a payload and returns the outcome, None if the child died of it.
Run = Callable[[bytes], Containment | None]


@dataclass(frozen=True, slots=True)
class Found:
    """One sequence and the outcome of its fault."""

    operations: list[Operation]
    result: Containment


@dataclass(frozen=True, slots=True)
class Explored:
    """What a search saw: the worst, how often each outcome occurred, what was worth keeping."""

    worst: Found | None
    outcomes: dict[Outcome, int]
    kept: list[list[Operation]]
    runs: int


def applies(module: Module, fault: Fault) -> bool:
    """Tell whether the target has what the fault damages (in the child)."""
    module.begin()
    places = [Operation(Opcode.ADD, FAULTY_VM, head, FAULTY_VM, 0, 40) for head in range(HEADS)]
    for number, op in enumerate(places):
        for step in range(op.repeat):
            module.step(op, number, step)
    plant = Operation(Opcode.FAULT, FAULTY_VM, 0, FAULTY_VM, fault=fault.number)
    return module.step(plant, len(places)).skip is not Skip.UNSUPPORTED


def explore(module: Module, number: int, seed: int, runs: int) -> Explored:
    """Search for the worst outcome of a fault, in ``runs`` runs (in the child)."""
    module.set_hang_limit(HANG_LIMIT_MS)
    traits = module.traits
    around = Around(FAULTS[number], traits.opcodes, traits.capacity)
    return explore_with(_runner(module), around, rng_of(seed, number), runs)


def rng_of(seed: int, number: int) -> Random:
    """Return the random numbers of a search."""
    return Random(f"{seed} {number}")


def traits_of(module: Module) -> Traits:
    """Return the target's traits (in the child)."""
    return module.traits


def run_one(module: Module, payload: bytes, limit_ms: int = HANG_LIMIT_MS) -> Containment | None:
    """Run one payload; a call that takes longer is a hang (in the child)."""
    module.set_hang_limit(limit_ms)
    return _runner(module)(payload)


def sample(module: Module, number: int, seed: int, runs: int) -> dict[Outcome, int]:
    """Return how often each outcome is seen in sequences that every target gets (in the child).

    A sequence that leaves the fault nothing to change is not counted.
    """
    module.set_hang_limit(HANG_LIMIT_MS)
    return sample_with(_runner(module), FAULTS[number], seed, runs)


def sample_with(run: Run, fault: Fault, seed: int, runs: int) -> dict[Outcome, int]:
    """Sample, using ``run`` to run a payload."""
    around = Around(fault, frozenset(Opcode), _SAMPLE_CAPACITY)
    rng = Random(f"{seed} {fault.number} sample")
    outcomes: Counter[Outcome] = Counter()
    for _ in range(runs):
        result = run(encode(around.sequence(rng)))
        if result is not None and not result.mistakes:
            outcomes[result.outcome] += 1
    return dict(outcomes)


def _runner(module: Module) -> Run:
    def run(payload: bytes) -> Containment | None:
        module.run(payload, faults=True)
        return module.containment()

    return run


def explore_with(run: Run, around: Around, rng: Random, runs: int) -> Explored:
    """Look for the worst outcome, using ``run`` to run a payload."""
    seen: set[tuple[object, ...]] = set()
    kept: list[list[Operation]] = []
    outcomes: Counter[Outcome] = Counter()
    worst: Found | None = None
    left = runs
    done = 0
    while left > 0:
        left -= 1
        done += 1
        vary = kept and rng.random() < 0.5
        operations = around.mutate(rng, rng.choice(kept)) if vary else around.sequence(rng)
        result = run(encode(operations))
        if result is None or result.mistakes or result.faults != 1:
            continue
        outcomes[result.outcome] += 1
        key = _evidence(result)
        if key not in seen:
            seen.add(key)
            if len(kept) < _CORPUS:
                kept.append(operations)
        if worst is None or _badness(result) > _badness(worst.result):
            worst = Found(operations, result)
        if result.outcome is Outcome.HOST_DEATH:
            hang = result.evidence is not None and result.evidence.kind is Kind.HANG
            left = min(left, _AFTER_DEATH_RUNS)
            left -= _AFTER_DEATH_RUNS // _AFTER_HANG_RUNS if hang else 0
    return Explored(worst, dict(outcomes), kept, done)


def _evidence(result: Containment) -> tuple[object, ...]:
    """Return what is compared of a result: everything but mere counts."""
    evidence = result.evidence
    where = (evidence.kind, evidence.function, evidence.line) if evidence else ()
    return (
        result.outcome,
        where,
        result.bugged,
        result.wrong_vm,
        result.destroyed,
        result.emptied,
        result.innocents_work,
        bool(result.leaked),
        bool(result.stale),
        min(result.steps_to_flag or 0, 3),
        result.report,
    )


def _badness(result: Containment) -> tuple[int, ...]:
    """Order results: the outcome first, then how sure and how harmful it is."""
    plain = -_PLAIN.index(result.evidence.kind) if _dead(result) and result.evidence else 0
    return (
        result.outcome.rank,
        plain,
        not result.bugged,
        bool(result.stale),
        not result.innocents_work,
        not result.emptied,
        bool(result.leaked),
    )


def _dead(result: Containment) -> bool:
    return result.outcome is Outcome.HOST_DEATH


def shorten(module: Module, found: Found) -> Found:
    """Return the shortest sequence with the same outcome and evidence (in the child)."""
    return shorten_with(_runner(module), found)


def shorten_with(run: Run, found: Found) -> Found:
    """Shorten, using ``run`` to run a payload."""
    wanted = signature(found.result)

    def shows(payload: bytes) -> bool:
        if not _in_faulty_vm(payload):
            return False
        result = run(payload)
        return result is not None and not result.mistakes and signature(result) == wanted

    hang = found.result.evidence is not None and found.result.evidence.kind is Kind.HANG
    budget = _HANG_BUDGET_RUNS if hang else _BUDGET_RUNS
    operations = shrink(
        found.operations, shows, budget_runs=budget, what=found.result.outcome.value
    )
    result = run(encode(operations))
    assert result is not None
    return Found(operations, result)


def _in_faulty_vm(payload: bytes) -> bool:
    """Tell whether every fault is in FAULTY_VM."""
    operations = decode(payload, _ENCODING)
    return all(op.vm == FAULTY_VM for op in operations if op.opcode is Opcode.FAULT)


def signature(result: Containment) -> tuple[object, ...]:
    """Return what two results of the same cell must have in common."""
    evidence = result.evidence
    return (
        result.fault,
        result.faults,
        result.outcome,
        (evidence.kind, evidence.function) if evidence else (),
        result.bugged,
        result.wrong_vm,
        result.destroyed,
        result.emptied,
        result.innocents_work,
        bool(result.leaked),
        bool(result.stale),
    )


def repeats(module: Module, found: Found, times: int) -> int:
    """Return how many of ``times`` replays have the same result (in the child)."""
    module.set_hang_limit(HANG_LIMIT_MS)
    run = _runner(module)
    payload = encode(found.operations)
    wanted = signature(found.result)
    results = [run(payload) for _ in range(times)]
    return sum(result is not None and signature(result) == wanted for result in results)


def report_of(
    module: Module, number: int, seed: int, runs: int, candidates: list[list[Operation]]
) -> Found | None:
    """Look for a sanitizer's report, in promising sequences and in new ones (in the child).

    Errors: HarnessError where the module is not of the sanitize flavour.
    """
    module.set_hang_limit(5 * HANG_LIMIT_MS)
    around = Around(FAULTS[number], module.traits.opcodes, module.traits.capacity)
    return report_with(_runner(module), around, seed, runs, candidates)


def report_with(
    run: Run,
    around: Around,
    seed: int,
    runs: int,
    candidates: list[list[Operation]],
    budget_runs: int = _HANG_BUDGET_RUNS,
) -> Found | None:
    """Look for a report, using ``run`` to run a payload."""
    rng = Random(f"{seed} {around.fault.number} sanitize")
    for attempt in range(len(candidates) + runs):
        known = attempt < len(candidates)
        operations = candidates[attempt] if known else around.sequence(rng)
        result = run(encode(operations))
        if result is None or result.mistakes or result.faults != 1 or result.report is None:
            continue
        return _shorten_report(run, operations, result.report, budget_runs)
    return None


def _shorten_report(run: Run, operations: list[Operation], report: str, budget_runs: int) -> Found:
    def shows(payload: bytes) -> bool:
        if not _in_faulty_vm(payload):
            return False
        result = run(payload)
        return result is not None and not result.mistakes and result.report == report

    shorter = shrink(operations, shows, budget_runs=budget_runs, what="the report")
    result = run(encode(shorter))
    assert result is not None
    return Found(shorter, result)
