# SPDX-License-Identifier: GPL-2.0-only
"""A piece of a measurement: what is the same in the child processes of all kinds of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from pyfuzz.cluster import child
from pyfuzz.cluster.job import MAX_JOB_BYTES, Said
from pyfuzz.errors import HarnessError, PyfuzzError


def serve(work: Callable[[str, Path], str]) -> None:
    """Read a job from standard input, do the work in an empty folder, print what it says.

    The command line is FOLDER PARENT, as for a slice.
    """
    folder = Path(sys.argv[1])
    child.begin(int(sys.argv[2]))
    print(said(work, sys.stdin.read(MAX_JOB_BYTES), folder).text())


def said(work: Callable[[str, Path], str], job: str, folder: Path) -> Said:
    """Do the work; return the result, or why there is none."""
    host = os.uname().nodename
    try:
        folder.mkdir()
        return Said(host, result=work(job, folder))
    except PyfuzzError as error:
        ours = isinstance(error, HarnessError)
        return Said(host, str(error)[:2000], hopeless=True, ours=ours)
    except OSError as error:
        return Said(host, f"{error.filename or 'the system'}: {error.strerror or error}"[:2000])
    except KeyboardInterrupt:
        return Said(host, "it was interrupted")
