# SPDX-License-Identifier: GPL-2.0-only
"""Takes samples of a running campaign's statistics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyfuzz.run.stats import Sample, WorkerSample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfuzz.campaign.campaign import Report
    from pyfuzz.campaign.worker_process import WorkerProcess


def sample_of(started: str, report: Report, workers: Iterable[WorkerProcess]) -> Sample:
    """Return what a campaign and each of its workers did so far."""
    counts = report.counts
    return Sample(
        started=started,
        elapsed_s=round(report.seconds, 3),
        executions=counts.executions,
        operations=counts.operations,
        edges=counts.edges,
        states=counts.states,
        corpus=report.corpus,
        findings=dict(Counter(finding.kind.value for finding in report.findings)),
        workers=tuple(_worker(worker, report) for worker in workers),
    )


def _worker(worker: WorkerProcess, report: Report) -> WorkerSample:
    counts, name = worker.counts(), worker.name
    found = (finding for finding in report.findings if name in finding.by_worker)
    return WorkerSample(
        name=name,
        executions=counts.executions,
        operations=counts.operations,
        edges=counts.edges,
        states=counts.states,
        corpus=sum(not path.name.startswith(".") for path in worker.corpus.iterdir()),
        findings=dict(Counter(finding.kind.value for finding in found)),
    )
