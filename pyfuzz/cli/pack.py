# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz pack``: text to binary."""

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
    help=f"The binary file, - for standard output.  [default: FILE with {SUFFIX}, - for -]",
)
@click.option("--raw", is_flag=True, help="Write an engine's raw input instead of a container.")
@click.option("--force", is_flag=True, help="Replace the output if it is there.")
def pack(file: Path, output: Path | None, raw: bool, force: bool) -> None:
    """Turn the text sequence in FILE (- for standard input) into a binary one.

    A count that no repeat code stands for becomes several operations that do
    the same.
    """
    source = container.read_text(file)
    payload = source.payload
    data = payload if raw else container.pack(source.input)
    path = output or (file if file == STDIN else file.with_suffix(SUFFIX))
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        return
    if path.exists() and not force:
        raise UsageError(f"{path}: is there already; name another with -o, or give --force")
    try:
        write_beside(path, data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{path}: cannot be written: {reason}; name another with -o") from error
    print(f"{path}: {len(payload) // 4} operations, {len(data)} bytes")
