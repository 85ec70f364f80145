# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz merge``: merge corpora into the smallest that reaches as much."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pyfuzz import records
from pyfuzz.cli.options import corpus_options, corpus_target
from pyfuzz.corpus.folder import find
from pyfuzz.corpus.merge import merge_into
from pyfuzz.errors import UsageError
from pyfuzz.sequence.input import Encoding
from pyfuzz.target.kernel import Kernel


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Corpus folder to write to; entries that are already there are kept.",
)
@click.option("--containers", is_flag=True, help="Write .pyfz files instead of raw engine inputs.")
@corpus_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def merge(
    paths: tuple[Path, ...],
    output: Path,
    containers: bool,
    target: str | None,
    kernel: Kernel | None,
    sanitize: bool,
    faults: bool,
    as_json: bool,
) -> None:
    """Write the smallest set of sequences that reaches the same edges and states.

    DIR is a corpus folder, a campaign's run folder, or a sequence file.  If the
    output folder already is a corpus, only sequences that add to it are written.
    """
    chosen = corpus_target(paths, target, kernel)
    encoding = Encoding(chosen.world, faults)
    found = find(paths, encoding)
    for _, reason in found.unreadable:
        click.echo(f"pyfuzz: skipped: {reason}", err=True)
    if not found.entries:
        raise UsageError(f"{paths[0]}: has no readable sequence; name a corpus")
    done = merge_into(
        output,
        found,
        chosen,
        "sanitize" if sanitize else "fuzz",
        containers=containers,
        encoding=encoding,
    )
    for path, finding in done.fatal:
        click.echo(f"pyfuzz: skipped: {path}: {finding.message}", err=True)
    if as_json:
        print(json.dumps(records.plain(done.entry(output)), indent=2))
    else:
        print("\n".join(done.lines(output)))
    sys.stdout.flush()
