# SPDX-License-Identifier: GPL-2.0-only
"""The report of a campaign in several worlds: one of each world, and a page that leads to them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pyfuzz import __version__
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.report.page import environment
from pyfuzz.report.writer import PAGE, Written, write
from pyfuzz.run import summary
from pyfuzz.run.summary import Summary


def write_all(
    run: Path, folders: Sequence[Path], output: Path | None = None, *, as_json: bool = False
) -> Written:
    """Report each world's run folder, and all of them in one page or one JSON object.

    The page goes into the folder unless a file is named; it links to those of the worlds.
    Errors: UsageError if there is nothing to report, or if a file cannot be written.
    """
    if not folders:
        raise UsageError(f"{run}: no world has been fuzzed there: there is nothing to report")
    each = [write(folder, as_json=as_json) for folder in folders]
    damage = tuple(line for one in each for line in one.damage)
    notes = tuple(line for one in each for line in one.notes)
    if as_json:
        texts = zip(folders, each, strict=True)
        reports = {folder.name: json.loads(one.text or "{}") for folder, one in texts}
        text = json.dumps({"schema": "pyfuzz-report-of-worlds", "version": 1, "by_world": reports})
        if output is None:
            return Written(None, text, damage, notes)
        return Written(_store(output, text + "\n"), None, damage, notes)
    path = output or run / PAGE
    links = {folder.name: one.path for folder, one in zip(folders, each, strict=True)}
    try:
        found = summary.read(run)
    except UsageError as error:  # it was killed: each world's page has what that world left
        pages = ", ".join(str(one.path) for one in each)
        return Written(each[0].path, None, damage, (*notes, str(error), f"the pages: {pages}"))
    return Written(write_index(path, found, links), None, damage, notes)


def write_index(path: Path, found: Summary, links: Mapping[str, Path | None]) -> Path:
    """Write the page that leads to each world's; ``links`` are those that were written.

    Errors: UsageError if it cannot be written.
    """
    folder = path.absolute().parent
    addresses = {
        world: os.path.relpath(page.absolute(), folder)
        for world, page in links.items()
        if page is not None
    }
    page = environment().get_template("worlds.html.j2")
    text = page.render(
        found=found,
        links=addresses,
        generated=datetime.now(UTC).isoformat(timespec="seconds"),
        generator=f"pyfuzz {__version__}",
    )
    return _store(path, text)


def _store(path: Path, text: str) -> Path:
    try:
        write_beside(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(
            f"the report {path} cannot be written: {error.strerror or error}; "
            "name another file with -o FILE"
        ) from error
    return path
