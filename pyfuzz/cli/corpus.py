# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz corpus``: what each entry of a corpus reaches and adds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pyfuzz import records
from pyfuzz.cli.options import corpus_options, corpus_target, declared, known_option
from pyfuzz.corpus.folder import find
from pyfuzz.corpus.table import report
from pyfuzz.errors import UsageError
from pyfuzz.sequence.input import Encoding
from pyfuzz.target.kernel import Kernel


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@corpus_options
@known_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def corpus(
    paths: tuple[Path, ...],
    target: str | None,
    kernel: Kernel | None,
    sanitize: bool,
    faults: bool,
    known_files: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Show what each entry of a corpus reaches, and what it adds to those before it.

    DIR is a corpus folder, a campaign's run folder, or a sequence file.

    Exit code 0: no entry shows anything new; 1: an entry shows a finding that is
    not known.
    """
    entries = declared(known_files)
    chosen = corpus_target(paths, target, kernel).knowing(entries)
    found = find(paths, Encoding(chosen.world, faults))
    if not found.entries:
        why = f" ({found.unreadable[0][1]})" if found.unreadable else ""
        raise UsageError(f"{paths[0]}: has no readable sequence{why}; name a corpus")
    told = report(found, paths, chosen, "sanitize" if sanitize else "fuzz")
    if as_json:
        print(json.dumps(records.plain(told.entry()), indent=2))
    else:
        print("\n".join(told.lines()))
    return int(told.verdict == "finding")
