# SPDX-License-Identifier: GPL-2.0-only
"""A campaign's findings: told apart by signature, counted over all workers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.module.shared import Slot
from pyfuzz.sequence.input import DEFAULT, Encoding, Input
from pyfuzz.symptom import Symptom
from pyfuzz.target.catalogue import Target
from pyfuzz.world import Operation


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one process saw of a finding."""

    worker: str
    flavour: str
    scored: bool
    slot: Slot


class FindingTable:
    """The findings of all workers, all their processes, and earlier campaigns."""

    def __init__(
        self,
        target: Target,
        start_ns: int,
        earlier: Iterable[Finding] = (),
        encoding: Encoding = DEFAULT,
    ) -> None:
        """Make a table; ``earlier`` are the findings of earlier campaigns in the folder.

        ``encoding`` says how the workers read their inputs.
        """
        self._encoding = encoding
        self._target = target
        self._start_ns = start_ns
        self._skipped: list[tuple[int, int]] = []
        self._sights: dict[int, dict[str, _Sight]] = {}
        self._findings: dict[int, Finding] = {}
        self._earlier: dict[int, dict[str, int]] = {}
        for finding in earlier:
            self._earlier[finding.signature] = dict(finding.by_worker)
            for signature in (finding.signature, *finding.also):
                self._findings[signature] = finding

    def skip(self, from_ns: int, time_ns: int) -> None:
        """Leave a time during which nobody fuzzed out of the times of later findings."""
        self._skipped.append((from_ns, time_ns))

    def update(
        self, process: str, slots: list[Slot], *, flavour: str = "fuzz", scored: bool = True
    ) -> list[Finding]:
        """Take in what a process, called ``WORKER.PROCESS``, has found so far.

        Return what needs a new artifact: a finding that is new, or has a
        shorter input than before.  A process that is not ``scored`` counts only
        for findings that no scored one has seen.
        """
        changed = []
        worker = process.partition(".")[0]
        for slot in slots:
            sights = self._sights.setdefault(slot.signature, {})
            sights[process] = _Sight(worker, flavour, scored, slot)
            best = min(sights.values(), key=lambda s: (not s.scored, len(s.slot.best)))
            finding = self._findings.get(slot.signature)
            operations = Input(best.slot.best, self._encoding).operations()
            if finding is None:
                finding = self._new(best, operations)
                self._findings[slot.signature] = finding
                changed.append(finding)
            elif not finding.minimized and (
                len(operations) < len(finding.operations) or best.flavour != finding.flavour
            ):
                finding.operations, finding.symptom = operations, best.slot.symptom
                finding.flavour = best.flavour
                changed.append(finding)
            self._count(finding)
        return changed

    def _new(self, sight: _Sight, operations: list[Operation]) -> Finding:
        slot = sight.slot
        return Finding(
            symptom=slot.symptom,
            signature=slot.signature,
            count=slot.count,
            first_execution=slot.first_execution,
            first_seconds=0.0,
            operations=operations,
            known=self._target.known_reason(slot.symptom),
            flavour=sight.flavour,
        )

    def _count(self, finding: Finding) -> None:
        """Add up who saw a finding; if an earlier campaign did, its first time stays."""
        every = [
            sight
            for signature in (finding.signature, *finding.also)
            for sight in self._sights.get(signature, {}).values()
        ]
        sights = [sight for sight in every if sight.scored] or every
        sights.sort(key=lambda sight: sight.slot.first_ns)
        earlier = self._earlier.get(finding.signature, {})
        counts = dict(earlier)
        for sight in sights:
            counts[sight.worker] = counts.get(sight.worker, 0) + sight.slot.count
        finding.by_worker = counts
        finding.count = sum(counts.values())
        if sights and not earlier:
            first = sights[0].slot
            finding.first_execution = first.first_execution
            finding.first_seconds = max(0.0, self._elapsed_ns(first.first_ns) / 1e9)

    def _elapsed_ns(self, at_ns: int) -> int:
        skipped = sum(time_ns for from_ns, time_ns in self._skipped if from_ns <= at_ns)
        return at_ns - self._start_ns - skipped

    def merge(self, same: Sequence[Finding]) -> Finding:
        """Make one finding of several that are one bug; return it.

        It is the one that was seen first, with the shortest of their sequences
        and all of their counts.
        """
        first, *others = sorted(same, key=lambda finding: finding.first_seconds)
        for other in others:
            first.also |= {other.signature, *other.also}
            earlier = self._earlier.pop(other.signature, None)
            if earlier:
                own = self._earlier.setdefault(first.signature, {})
                for worker, count in earlier.items():
                    own[worker] = own.get(worker, 0) + count
        for signature in first.also:
            self._findings[signature] = first
        self._count(first)
        return first

    def all(self) -> list[Finding]:
        """Return the findings, new ones first, otherwise in the order they were found."""
        findings = {id(finding): finding for finding in self._findings.values()}
        return sorted(findings.values(), key=lambda f: (f.known is not None, f.first_seconds))


def death(kind: Kind, message: str, data: bytes, execution: int, now_ns: int) -> Slot:
    """Return the finding that a process's end or standstill is, with its last input."""
    text = f"{kind.value} {message}"
    signature = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return Slot(Symptom(kind, message=message), signature, 1, execution, now_ns, data)
