# SPDX-License-Identifier: GPL-2.0-only
"""A small run folder, written by a campaign's own code."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from plants import plant
from taken_back import Bug

from pyfuzz.campaign import summary
from pyfuzz.campaign.campaign import Progress
from pyfuzz.files import write_beside
from pyfuzz.finding.artifact import write_artifact
from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.module.shared import Counts
from pyfuzz.run import provenance, stats
from pyfuzz.run.folder import RunFolder, store
from pyfuzz.run.options import Options
from pyfuzz.run.stats import Sample, StatsFile, WorkerSample
from pyfuzz.sequence import binary
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue

LOST = "add vm0 f0 s0\nremove vm0 f0 s1\n"
FLOOD = "add vm1 f2 s0 x30\nremove vm1 f2 s900 x2\n"
SHORT_COUNT = "add vm0 f0 s0 x15\nremove vm0 f0 s0\nadd vm0 f0 s0\n"
CORPUS = ("", "count vm0 f0\n", "rmap-add vm0 f3 s3\nrmap-remove vm0 f3 #0\niterate vm0 f3\n")


def finding(kind: Kind, function: str, text: str, known: str | None = None) -> Finding:
    return Finding(
        symptom=Symptom(kind, function, f"a message about {kind.value}"),
        signature=zlib.crc32(kind.value.encode()) << 32,
        count=1234,
        first_execution=77,
        first_seconds=1.25,
        operations=parse(text, "test"),
        known=known,
        minimized=True,
        by_worker={"1": 1000, "0": 234},
    )


def lost_entry() -> Finding:
    return finding(Kind.LOST_ENTRY, "pte_list_remove", LOST)


def short_count() -> Finding:
    return finding(Kind.COUNT_CONTRACT, "pte_list_add", SHORT_COUNT, "it is <known>")


def make_run(folder: Path, *findings: Finding, target: str = "rfc-v3") -> Path:
    """Write the run folder of a campaign of 20 s with these findings; return it."""
    chosen = catalogue.get(target)
    options = Options(chosen, folder, seed=7, workers=2, seconds=20.0)
    held = RunFolder(folder, target)
    provenance.record(folder, options, "2026-01-02T03:04:05.000Z")
    for text in CORPUS:
        store(held.corpus, binary.encode(parse(text, "test")))
    for one in findings:
        write_artifact(one, chosen, None, held.findings)
    counts = Counts(executions=9000, operations=80_000, steps=90_000, edges=26, states=800)
    progress = Progress(options, counts, 20.0, len(CORPUS), list(findings))
    text = json.dumps(summary.as_object(progress))
    write_beside(folder / "summary.json", text.encode())
    samples = StatsFile(folder / stats.FILE)
    for part in range(5):
        samples.record(5.0 * part, lambda part=part: _sample(part, findings))  # type: ignore[misc]
    held.close()
    return folder


@contextmanager
def planted_run(folder: Path, bug: Bug, kind: Kind) -> Iterator[Path]:
    """Yield the run of a port of the world pages with a mistake planted, as long as it is known."""
    target = plant("pages", folder / "source", *bug.edits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue.OTHER_WORLDS, target.name, target)
        yield make_run(folder / "run", finding(kind, "page_fault", bug.text), target=target.name)


def _sample(part: int, findings: tuple[Finding, ...]) -> Sample:
    found = {one.kind.value: 1 for one in findings} if part else {}
    workers = tuple(
        WorkerSample(name, 1125 * part, 10_000 * part, 6 * part, 200 * part, part, found)
        for name in "01"
    )
    return Sample(
        "A", 5.0 * part, 2250 * part, 20_000 * part, 6 * part, 200 * part, part, found, workers
    )
