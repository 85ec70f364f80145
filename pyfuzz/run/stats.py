# SPDX-License-Identifier: GPL-2.0-only
"""What a campaign did over time: ``stats.jsonl`` in its run folder, one sample per line.

Samples are taken every second at first and less often as the campaign gets older,
so that the file stays small.  A line is appended in one write; an incomplete one,
left by a kill or a full disk, is skipped when the file is read.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyfuzz import files, records

FILE = "stats.jsonl"
VERSION = 1
# Seconds between samples, and the part of the campaign's age that they grow to.
_SHORTEST_S = 1.0
_LONGEST_S = 60.0
_PART = 120
# A campaign of a year writes a tenth of this.
_LARGEST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class WorkerSample:
    """What one worker has done so far; ``findings`` are distinct ones by kind."""

    name: str
    executions: int
    operations: int
    edges: int
    states: int
    corpus: int
    findings: dict[str, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a campaign has done so far.

    ``started`` tells apart the campaigns that ran in one folder: it is the time
    (ISO 8601, UTC) at which this one began.  ``corpus`` is inputs kept,
    ``findings`` are distinct ones by kind, known ones included.
    """

    started: str
    elapsed_s: float
    executions: int
    operations: int
    edges: int
    states: int
    corpus: int
    findings: dict[str, int]
    workers: tuple[WorkerSample, ...] = ()


def now() -> str:
    """Return the time as ``Sample.started`` has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class StatsFile:
    """Appends samples to the file of a run folder, whatever happens to it.

    ``trouble`` says why a sample could not be written; that does not end a campaign.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._due_s = 0.0
        self.trouble: str | None = None

    def record(self, elapsed_s: float, sample: Callable[[], Sample], *, last: bool = False) -> None:
        """Append a sample if it is time for one, or if it is the ``last``."""
        if self.trouble or (elapsed_s < self._due_s and not last):
            return
        self._due_s = elapsed_s + min(max(_SHORTEST_S, elapsed_s / _PART), _LONGEST_S)
        line = json.dumps({"stats": VERSION, **records.plain(sample())}, separators=(",", ":"))
        try:
            _append(self._path, line.encode() + b"\n")
        except OSError as error:
            self.trouble = (
                f"{self._path} cannot be written ({error.strerror or error}): "
                "the report's curves end here"
            )


def _append(path: Path, line: bytes) -> None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            line = b"\n" + line  # the last line before ours is incomplete
        if os.write(fd, line) != len(line):
            raise OSError(0, "no room for a complete line")
    finally:
        os.close(fd)


def read(path: Path) -> tuple[list[Sample], list[str]]:
    """Return the samples of a file that can be read, and a note on what cannot.

    A file that is not there has none.  Errors: OSError.
    """
    try:
        data = files.read_bytes(path, _LARGEST_BYTES)
    except FileNotFoundError:
        return [], []
    except ValueError as error:
        return [], [f"{path}: {error}: left out"]
    lines = data.decode("utf-8", "replace").splitlines()
    samples: list[Sample] = []
    bad: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            samples.append(_sample(files.parse_json(line)))
        except (ValueError, KeyError) as error:
            bad.append(f"line {number}: {files.reason(error)}")
    notes = []
    if bad:
        notes.append(
            f"{path}: {len(bad)} of {len(lines)} lines cannot be read ({bad[0]}): left out"
        )
    return samples, notes


def _sample(values: dict[str, Any]) -> Sample:
    version = files.object_of(values)["stats"]
    if version != VERSION:
        raise ValueError(f"the version must be {VERSION}, is {version}")
    sample = records.read(values, Sample)
    if not 0 <= sample.elapsed_s < math.inf:
        raise ValueError(f"elapsed_s must be a time, is {sample.elapsed_s}")
    return sample


def joined(samples: list[Sample]) -> list[Sample]:
    """Concatenate the campaigns of a folder, as if they were one.

    Times, executions and operations add up; the rest is not less than it was
    before, since a resumed campaign starts with what the one before it kept.
    """
    out: list[Sample] = []
    base: Sample | None = None
    for number, sample in enumerate(samples):
        if number and sample.started != samples[number - 1].started:
            base = out[-1]
        if base is None:
            out.append(sample)
            continue
        out.append(
            replace(
                sample,
                elapsed_s=base.elapsed_s + sample.elapsed_s,
                executions=base.executions + sample.executions,
                operations=base.operations + sample.operations,
                edges=max(base.edges, sample.edges),
                states=max(base.states, sample.states),
                corpus=max(base.corpus, sample.corpus),
                findings={
                    kind: max(base.findings.get(kind, 0), sample.findings.get(kind, 0))
                    for kind in {**base.findings, **sample.findings}
                },
            )
        )
    return out


def thinned(samples: list[Sample], limit: int) -> list[Sample]:
    """Return at most ``limit`` samples, evenly chosen, the first and the last among them."""
    if len(samples) <= limit:
        return samples
    step = (len(samples) - 1) / (limit - 1)
    return [samples[round(number * step)] for number in range(limit)]
