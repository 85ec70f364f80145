# SPDX-License-Identifier: GPL-2.0-only
"""Takes samples of a running campaign's statistics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyfuzz.run.stats import Sample, WorkerSample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfuzz.campaign.campaign import Progress
    from pyfuzz.campaign.supervising import Worker


def sample_of(started: str, progress: Progress, workers: Iterable[Worker]) -> Sample:
    """Return what a campaign and each of its workers did so far."""
    counts = progress.counts
    return Sample(
        started=started,
        elapsed_s=round(progress.seconds, 3),
        executions=counts.executions,
        operations=counts.operations,
        edges=counts.edges,
        states=counts.states,
        corpus=progress.corpus,
        findings=dict(Counter(finding.kind.value for finding in progress.findings)),
        workers=tuple(_worker(worker, progress) for worker in workers),
    )


def _worker(worker: Worker, progress: Progress) -> WorkerSample:
    counts, name = worker.counts(), worker.name
    found = (finding for finding in progress.findings if name in finding.by_worker)
    return WorkerSample(
        name=name,
        executions=counts.executions,
        operations=counts.operations,
        edges=counts.edges,
        states=counts.states,
        corpus=worker.inputs(),
        findings=dict(Counter(finding.kind.value for finding in found)),
    )
