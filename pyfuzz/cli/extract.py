# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz extract``: what would be compiled from a kernel, and its traits."""

from __future__ import annotations

import json
import sys

import click

from pyfuzz.cli.options import kernel_options
from pyfuzz.extract import Extraction
from pyfuzz.extract import extract as extract_kernel
from pyfuzz.target.kernel import Kernel


@click.command()
@kernel_options(help="A kernel tree, a source tarball, or one mmu.c.", required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def extract(kernel: Kernel, as_json: bool) -> None:
    """Show what would be compiled from a kernel, and which traits were found."""
    extraction = extract_kernel(
        kernel,
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
