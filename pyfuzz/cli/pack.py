# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz pack``: convert text to binary."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pyfuzz.errors import UsageError
from pyfuzz.files import STDIN, write_beside
from pyfuzz.sequence import container

SUFFIX = ".pyfz"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help=f"File to write, - for standard output.  [default: FILE with {SUFFIX}, or - for -]",
)
@click.option("--raw", is_flag=True, help="Write a raw engine input instead of a container.")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
def pack(file: Path, output: Path | None, raw: bool, force: bool) -> None:
    """Convert the text sequence in FILE (- for standard input) to binary.

    A repeat count that has no code of its own becomes several operations with
    the same effect.
    """
    source = container.read_text(file)
    payload = source.payload
    data = payload if raw else container.pack(source.input)
    path = output or (file if file == STDIN else file.with_suffix(SUFFIX))
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        return
    if path.exists() and not force:
        raise UsageError(f"{path}: already exists; name another with -o, or give --force")
    try:
        write_beside(path, data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{path}: cannot write: {reason}; name another with -o") from error
    print(f"{path}: {len(payload) // 4} operations, {len(data)} bytes")
