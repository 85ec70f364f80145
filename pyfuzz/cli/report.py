# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz report``: a run's report as HTML or JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pyfuzz.errors import UsageError


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: RUN/report.html]",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON (docs/json.md) on standard output instead."
)
def report(run: Path, output: Path | None, as_json: bool) -> int:
    """Write the report of the campaign in the folder RUN as one HTML page.

    The page needs no network and can be mailed.  To write it, the findings are
    replayed and the corpus is run again, on the target as it was fuzzed.
    """
    from pyfuzz.report import write  # noqa: PLC0415 (brings the template engine)

    written = write(run, output, as_json=as_json)
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
