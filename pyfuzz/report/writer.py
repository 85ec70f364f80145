# SPDX-License-Identifier: GPL-2.0-only
"""Write the report of a run folder to a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.report.data import collect
from pyfuzz.report.page import render
from pyfuzz.report.run import read

PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was made: in the file ``path``, or ``text`` where no file was named.

    ``damage`` says, one line each, what of the run could not be read, ``notes``
    what could be read but not used.
    """

    path: Path | None
    text: str | None
    damage: tuple[str, ...]
    notes: tuple[str, ...]


def write(run: Path, output: Path | None = None, *, as_json: bool = False) -> Written:
    """Report the run in a folder; the page goes into the folder unless a file is named.

    Errors: UsageError if there is no run, or if the file cannot be written.
    """
    found = read(run, anything=output is not None)
    damage = tuple(found.notes)
    report = collect(found)
    notes = tuple(found.notes[len(damage) :])
    text = json.dumps(report, indent=2) if as_json else render(report)
    if as_json and output is None:
        return Written(None, text, damage, notes)
    path = output or run / PAGE
    try:
        write_beside(path, text.encode("utf-8", "replace") + b"\n" * as_json)
    except OSError as error:
        raise UsageError(
            f"the report {path} cannot be written: {error.strerror or error}; "
            "name another file with -o FILE"
        ) from error
    return Written(path, None, damage, notes)
