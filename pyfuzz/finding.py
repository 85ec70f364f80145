# SPDX-License-Identifier: GPL-2.0-only
"""A campaign's findings: told apart by signature, counted over all workers."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from pyfuzz import container, sequence
from pyfuzz.catalogue import Target
from pyfuzz.grammar import HEADER, format_operation
from pyfuzz.kinds import Kind
from pyfuzz.operation import Operation
from pyfuzz.run_folder import write_beside
from pyfuzz.shared import Slot


@dataclass(slots=True)
class Finding:
    """One broken property of the target, and a sequence that shows it.

    ``first_execution`` counts in the worker that saw it first, from 1;
    ``by_worker`` is how often each worker saw it, the first to do so first.
    ``known`` is the reason why it is a known finding, None if it is new.
    """

    kind: Kind
    function: str
    message: str
    line: int
    signature: int
    count: int
    first_execution: int
    first_seconds: float
    operations: list[Operation]
    known: str | None
    minimized: bool = False
    artifact: Path | None = None
    by_worker: dict[str, int] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name of its artifacts, without the suffix; the same in every campaign."""
        function = self.function or "unknown"
        return f"{self.kind.value}-{function}-{self.signature >> 32:08x}"


class FindingTable:
    """The findings of all workers, and of all processes that a worker has had."""

    def __init__(self, target: Target, start_ns: int) -> None:
        self._target = target
        self._start_ns = start_ns
        self._slots: dict[int, dict[str, Slot]] = {}
        self._findings: dict[int, Finding] = {}

    def update(self, process: str, slots: list[Slot]) -> list[Finding]:
        """Take in what a process has found so far; return what needs a new artifact.

        That is a finding that is new, or has a shorter input than before.
        """
        changed = []
        for slot in slots:
            by_process = self._slots.setdefault(slot.signature, {})
            by_process[process] = slot
            first = min(by_process.values(), key=lambda s: s.first_ns)
            best = min(by_process.values(), key=lambda s: len(s.best))
            finding = self._findings.get(slot.signature)
            operations = sequence.decode(best.best)
            if finding is None:
                finding = self._new(slot, operations)
                self._findings[slot.signature] = finding
                changed.append(finding)
            elif len(operations) < len(finding.operations) and not finding.minimized:
                finding.operations, finding.message = operations, best.message
                changed.append(finding)
            finding.count = sum(s.count for s in by_process.values())
            finding.by_worker = _by_worker(by_process)
            finding.first_execution = first.first_execution
            finding.first_seconds = max(0.0, (first.first_ns - self._start_ns) / 1e9)
        return changed

    def _new(self, slot: Slot, operations: list[Operation]) -> Finding:
        return Finding(
            kind=slot.kind,
            function=slot.function,
            message=slot.message,
            line=slot.line,
            signature=slot.signature,
            count=slot.count,
            first_execution=slot.first_execution,
            first_seconds=0.0,
            operations=operations,
            known=self._target.known_reason(slot.kind, slot.function, slot.message),
        )

    def all(self) -> list[Finding]:
        """Return the findings: new ones first, each sort in the order it was found."""
        return sorted(self._findings.values(), key=lambda f: (f.known is not None, f.first_seconds))


def _by_worker(by_process: dict[str, Slot]) -> dict[str, int]:
    """Add up a worker's processes, which are called ``WORKER.PROCESS``."""
    counts: dict[str, int] = {}
    for process, slot in sorted(by_process.items(), key=lambda item: item[1].first_ns):
        worker = process.partition(".")[0]
        counts[worker] = counts.get(worker, 0) + slot.count
    return counts


def death(kind: Kind, message: str, data: bytes, execution: int, now_ns: int) -> Slot:
    """Return the finding that a process's end or standstill is, with its last input."""
    text = f"{kind.value} {message}"
    signature = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return Slot(kind, signature, 1, execution, now_ns, 0, "", message, data)


def write_artifact(finding: Finding, target: Target, source: str, folder: Path) -> None:
    """Write a finding's text and binary file; ``source`` is the kernel, or "" for a port.

    Errors: OSError, after which the finding has no artifact.
    """
    finding.artifact = None
    path = folder / f"{finding.stem}.seq"
    data = sequence.encode(finding.operations)
    if len(data) <= sequence.MAX_BYTES:
        write_beside(path.with_suffix(".pyfz"), container.pack(data))
    write_beside(path, _text(finding, target, source, path).encode())
    finding.artifact = path


def replay_command(path: Path, target: Target, source: str) -> str:
    """Return the command that shows what a sequence does to a target."""
    option = ["--kernel", source] if source else ["--target", target.name]
    if source and any("BUG_ON_DATA_CORRUPTION" in define for define in target.defines):
        option.append("--bug-on-data-corruption")
    return shlex.join(["pyfuzz", "replay", str(path), *option])


def _text(finding: Finding, target: Target, source: str, path: Path) -> str:
    comments = [
        f"{finding.kind.value} in {finding.function or 'unknown'}: {finding.message}",
        f"target {target.name}; {'known: ' + finding.known if finding.known else 'new'}",
        f"see it with: {replay_command(path, target, source)}",
    ]
    lines = [HEADER, *(f"# {' '.join(comment.split())}" for comment in comments)]
    lines += [format_operation(operation) for operation in finding.operations]
    return "\n".join(lines) + "\n"
