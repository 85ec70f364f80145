# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz show``: convert binary to text."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pyfuzz.sequence import container
from pyfuzz.sequence.input import Encoding


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--faults", is_flag=True, help="Read a raw input as one of a --faults campaign.")
def show(file: Path, faults: bool) -> None:
    """Print the sequence in FILE (- for standard input) as text.

    FILE is a container (pyfuzz pack), a raw engine input, or text, which is
    printed in its canonical form without comments.
    """
    sys.stdout.write(container.to_text(container.read(file, Encoding(faults=faults)).operations))
