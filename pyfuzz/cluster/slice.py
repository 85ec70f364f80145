# SPDX-License-Identifier: GPL-2.0-only
"""A slice of a campaign: ``python -m pyfuzz.cluster.slice FOLDER PARENT``, a Dask worker's child.

It reads its job from standard input, runs a campaign with the share in FOLDER, and prints
its answer.  It ends as Ctrl-C ends a campaign if the Dask worker that started it is gone.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.cluster import child
from pyfuzz.cluster.job import MAX_JOB_BYTES, Answer, Job
from pyfuzz.errors import HarnessError, PyfuzzError, UsageError
from pyfuzz.module import builder, engine
from pyfuzz.run.options import Options
from pyfuzz.share.link import Link
from pyfuzz.share.objects import SharedFinding

_LAST_ROUND_S = 3.0


def run(job: Job, folder: Path) -> tuple[Progress, Link]:
    """Run the campaign; return what it did, and its link.  Errors: PyfuzzError, OSError."""
    began_s = time.monotonic()
    target = job.unpacked()
    engine.prepare(job.flavour)
    builder.build(target, job.flavour)
    options = Options(
        target=target,
        out=folder,
        seed=job.seed,
        flavour=job.flavour,
        workers=job.workers,
        seconds=max(1.0, job.seconds - (time.monotonic() - began_s)),
        memory_mb=job.memory_mb,
        check=job.check,
        faults=job.faults,
        shared=True,
        part=True,
        first_worker=job.first_worker,
    )
    link = Link(
        job.url,
        options,
        interval_s=job.interval_s,
        label=job.label,
        last_after_ctrl_c_s=_LAST_ROUND_S,
    )
    if link.key != job.key:
        raise UsageError("this pyfuzz has other C code than the one that asks: install the same")
    return Campaign(options, _quiet, link).run(), link


def answer(job: Job, folder: Path) -> Answer:
    """Run the campaign, and return its result, whatever happens."""
    host = os.uname().nodename
    try:
        progress, link = run(job, folder)
    except PyfuzzError as error:
        return Answer(host, str(error)[:2000], hopeless=True)
    except OSError as error:
        return Answer(host, f"{error.filename or 'the system'}: {error.strerror or error}"[:2000])
    except KeyboardInterrupt:  # before there was a campaign to end
        return Answer(host)
    trouble = progress.trouble
    return Answer(
        host,
        "" if trouble is None else str(trouble)[:2000],
        hopeless=isinstance(trouble, HarnessError),
        notes=tuple(note[:2000] for note in progress.notes[:50]),
        name=link.host_name,
        beat=link.beat(progress, ended=True),
        findings=tuple(map(SharedFinding.of, progress.findings[:1000])),
    )


def _quiet(progress: Progress, phase: str) -> None:
    """Show nothing: the status is the client's."""


def main() -> None:
    """Do what standard input says."""
    child.begin(int(sys.argv[2]))
    job = Job.read(sys.stdin.read(MAX_JOB_BYTES))
    print(answer(job, Path(sys.argv[1])).text())


if __name__ == "__main__":
    main()
