# SPDX-License-Identifier: GPL-2.0-only
"""Runs a campaign on a cluster."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.cluster.connection import Connection
from pyfuzz.cluster.supervisor import ClusterSupervisor
from pyfuzz.errors import UsageError
from pyfuzz.run.folder import RunFolder
from pyfuzz.run.options import Options
from pyfuzz.share.link import Link

SHARE = "share"
"""The share in the run folder, for a cluster on this machine that is given none."""


def share_of(cluster: Connection, share: str | None, out: Path) -> str:
    """Return the share's URL for the slices.  Errors: UsageError if there must be one."""
    if share is None and not cluster.local:
        raise UsageError(
            "--cluster ADDRESS needs --share URL, a place that all of its machines reach: "
            "a folder on NFS, sftp://HOST/PATH, s3://BUCKET/PATH"
        )
    url = share if share is not None else str(out / SHARE)
    return url if "://" in url else str(Path(url).absolute())


def run(
    cluster: Connection,
    options: Options,
    url: str,
    watch: Callable[[Progress, str], None],
    *,
    processes: int | None = None,
    interval_s: float = 5.0,
) -> Progress:
    """Run a campaign until its time is up; ``processes`` fuzz in each slice.

    Errors: PyfuzzError if it could not start.
    """
    threads = (cluster.workers() or {}).values()
    name = f"c{secrets.token_hex(4)}"
    options = replace(
        options,
        workers=max(1, sum(processes or each for each in threads)),
        shared=True,
    )
    link = Link(url, options, interval_s=interval_s, label=f"{name}-client-", follow=f"{name}-")
    supervisors: list[ClusterSupervisor] = []

    def supervise(
        options: Options, folder: RunFolder, note: Callable[[str], None]
    ) -> ClusterSupervisor:
        supervisors.append(
            ClusterSupervisor(
                cluster, link, url, name, processes, options, note, interval_s=interval_s
            )
        )
        return supervisors[0]

    progress = Campaign(options, watch, link, supervise).run()
    early = supervisors[0].ended_early
    if not early and not progress.counts.executions:
        early = "nothing was heard of any slice"
    if early and progress.trouble is None and not progress.interrupted:
        if progress.verdict == "finding":
            progress.note(f"the campaign ended before its time: {early}")
        else:
            progress.trouble = UsageError(f"the campaign ended before its time: {early}")
    return progress
