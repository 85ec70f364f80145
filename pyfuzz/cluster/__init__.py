# SPDX-License-Identifier: GPL-2.0-only
"""One campaign, or pieces of a measurement, on a Dask cluster; only this room imports distributed.

    address.py      which addresses may be used
    connection.py   the cluster, as the command sees it
    supervisor.py   gives each Dask worker a slice, and sums up what they did
    job.py          what a slice is told, and what it answers: text, no pickled object of ours
    task.py         in a Dask worker: starts a slice or a piece as a child process, ends it
    child.py        what such children have in common: they end with their Dask worker
    slice.py        that child: a campaign with the share, ``python -m pyfuzz.cluster.slice``
    pieces.py       has independent pieces done, each once, whatever is lost
    piece.py        what is the same in the children that do one: pyfuzz.mutants.piece …
    scopes.py       such a child, which searches a scope

Inputs, findings and counts go through the share (pyfuzz/share), not through Dask.
"""
