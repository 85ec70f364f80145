# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz extract``: what would be compiled from a kernel, and its traits."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from pyfuzz.cli.options import extraction_of, kernel_options
from pyfuzz.extract import Extraction
from pyfuzz.target.kernel import Kernel


@click.command()
@kernel_options(help="A kernel tree, a source tarball, or one mmu.c.", required=True)
@click.option(
    "--world",
    type=click.Choice(["lists", "pages"]),
    default="lists",
    show_default=True,
    help="World to extract for: the reverse maps alone, or the whole MMU.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def extract(kernel: Kernel, world: str, as_json: bool) -> None:
    """Show what would be compiled from a kernel, and which traits were found."""
    extraction = extraction_of(replace(kernel, world=world))
    if as_json:
        print(json.dumps(extraction.as_json()))
    elif isinstance(extraction, Extraction):
        print("\n".join(_lines(extraction)))
    else:
        print("\n".join(extraction.lines()))


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
