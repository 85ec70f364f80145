# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz report``: a run's report, or that of all machines of a share, as HTML or JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pyfuzz import records
from pyfuzz.errors import UsageError
from pyfuzz.run import worlds

if TYPE_CHECKING:
    from pyfuzz.report import Written

# What a share has in its place, and a run folder has not: a folder for each target.
_TARGET = re.compile("[0-9a-f]{32}")
_OF_SHARE = Path("pyfuzz-share.html")


@click.command()
@click.argument("run", metavar="RUN|URL")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File to write.  [default: RUN/report.html; of a share {_OF_SHARE}]",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON (docs/json.md) on standard output instead."
)
def report(run: str, output: Path | None, as_json: bool) -> int:
    """Write the report of the campaign in the folder RUN as one HTML page.

    Of a campaign in several worlds, that is a page for each, and one that leads to them.

    Of a share (the URL of fuzz --share, docs/share.md), the page has all its
    machines and what they found together, checked but not replayed.

    The page needs no network and can be mailed.  To write it, the findings are
    replayed and the corpus is run again, on the target as it was fuzzed.
    """
    if _is_share(run):
        return _of_share(run, output, as_json=as_json)
    written = _written(Path(run), output, as_json=as_json)
    if written.text is not None:
        print(written.text)
    else:
        print(written.path, file=sys.stderr if as_json else sys.stdout)
    for note in written.notes:
        print(f"note: {note}", file=sys.stderr)
    if written.damage:
        more = f" (and {len(written.damage) - 1} more)" if len(written.damage) > 1 else ""
        raise UsageError(f"{written.damage[0]}{more}; the report has what could be read")
    return 0


def _written(run: Path, output: Path | None, *, as_json: bool) -> Written:
    # These bring the template engine.
    if worlds.is_marked(run):
        from pyfuzz.report.worlds import write_all  # noqa: PLC0415

        return write_all(run, worlds.runs_in(run), output, as_json=as_json)
    from pyfuzz.report import write  # noqa: PLC0415

    return write(run, output, as_json=as_json)


def _is_share(run: str) -> bool:
    if "://" in run:
        return True
    try:
        return any(_TARGET.fullmatch(entry.name) for entry in Path(run).iterdir())
    except OSError:
        return False  # the report says what is wrong with a run folder


def _of_share(url: str, output: Path | None, *, as_json: bool) -> int:
    from pyfuzz.share import overview, page  # noqa: PLC0415 (need extras)

    found = overview.look(url)
    if as_json:
        print(json.dumps(records.plain(found), indent=2))
    if not as_json or output is not None:
        path = output or _OF_SHARE
        page.write(found, path)
        print(path, file=sys.stderr if as_json else sys.stdout)
    return 0
