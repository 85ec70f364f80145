# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz extract``: what would be compiled of a kernel, and the traits found."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pyfuzz.extract import Extraction
from pyfuzz.extract import extract as extract_kernel


@click.command()
@click.option(
    "--kernel",
    required=True,
    type=click.Path(path_type=Path),
    help="A kernel tree, a source tarball, or one mmu.c.",
)
@click.option(
    "--bug-on-data-corruption",
    is_flag=True,
    help="As a kernel built with CONFIG_BUG_ON_DATA_CORRUPTION=y.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def extract(kernel: Path, bug_on_data_corruption: bool, as_json: bool) -> None:
    """Print what would be compiled of a kernel, and the traits found."""
    extraction = extract_kernel(
        kernel,
        bug_on_data_corruption=bug_on_data_corruption,
        progress=lambda line: print(f"pyfuzz: {line}", file=sys.stderr),
    )
    if as_json:
        print(json.dumps(extraction.as_json()))
    else:
        print("\n".join(_lines(extraction)))


def _lines(extraction: Extraction) -> list[str]:
    version = extraction.kernel_version
    lines = [
        f"{extraction.target.name}: from {extraction.mmu}",
        f"  kernel            {version or 'unknown version'} (for information only)",
        *(f"  {line}" for line in extraction.traits.lines()),
        "operations",
        *_functions(extraction),
    ]
    notes = extraction.notes()
    if notes:
        lines += ["please note", *(f"  {note}" for note in notes)]
    lines += ["taken", *(f"  {taken}" for taken in extraction.taken)]
    for known in extraction.target.known:
        lines.append(f"known: {known.kind.value} in {known.function}: {known.reason}")
    if not extraction.compiled:
        lines.append("not compiled: there is no compiler (pyfuzz doctor says what to do)")
    lines.append(f"generated: {extraction.target.source}")
    return lines


def _functions(extraction: Extraction) -> list[str]:
    return [
        f"  {operation:<17} {taken.name} (line {taken.line})"
        for operation, taken in extraction.functions.items()
    ]
