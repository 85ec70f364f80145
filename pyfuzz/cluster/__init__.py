# SPDX-License-Identifier: GPL-2.0-only
"""One campaign on the workers of a Dask cluster; the only room that imports distributed.

    address.py      which addresses may be used
    connection.py   the cluster, as the command sees it
    supervisor.py   gives each Dask worker a slice, and sums up what they did
    job.py          what a slice is told, and what it answers: text, no pickled object of ours
    task.py         in a Dask worker: starts a slice as a child process, ends it
    slice.py        that child: a campaign with the share, ``python -m pyfuzz.cluster.slice``

Inputs, findings and counts go through the share (pyfuzz/share), not through Dask.
"""
