# SPDX-License-Identifier: GPL-2.0-only
"""Options and values that several commands share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import click

from pyfuzz import catalogue, known
from pyfuzz.catalogue import Target
from pyfuzz.errors import UsageError
from pyfuzz.known import Known

known_option = click.option(
    "--known",
    "known_files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Findings that are known besides the shipped ones (TOML); can be repeated.",
)


def declared(files: Iterable[Path]) -> list[Known]:
    """Return the entries of known-findings files.

    Errors: UsageError at the first mistake in one.
    """
    return [entry for path in files for entry in known.read(path)]


_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")


def duration(value: str) -> float:
    """Return the seconds of a length of time: 20s, 5m, 1h, 1h30m; a bare number is seconds."""
    parts = _DURATION.findall(value)
    seconds = sum(float(number) * _UNITS_S[unit or "s"] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != value or seconds <= 0:
        raise click.BadParameter(f"must be a time such as 20s, 5m or 1h, is '{value}'")
    return seconds


def target_of(name: str | None, kernel: Path | None, bug_on_data_corruption: bool) -> Target:
    """Return the target that a command line names: of the catalogue, or of a kernel.

    Errors: UsageError if it names both, or if there is no such target.
    """
    return target_and_facts(name, kernel, bug_on_data_corruption)[0]


def target_and_facts(
    name: str | None, kernel: Path | None, bug_on_data_corruption: bool
) -> tuple[Target, dict[str, str | None] | None, list[str]]:
    """Return the target, and for one of a kernel what was found of it and notes on that.

    Errors: UsageError if it names both, or if there is no such target.
    """
    if kernel is None:
        if bug_on_data_corruption:
            raise UsageError(
                "--bug-on-data-corruption is for a kernel: give --kernel PATH too, or name the "
                "target v6.6-corruption-bug"
            )
        return catalogue.get(name or catalogue.DEFAULT), None, []
    if name is not None:
        raise UsageError(f"--kernel replaces the target: leave out '{name}' or --kernel")
    from pyfuzz.extract import extract  # noqa: PLC0415 (brings the C parser)

    found = extract(
        kernel,
        bug_on_data_corruption=bug_on_data_corruption,
        progress=lambda line: click.echo(f"pyfuzz: {line}", err=True),
    )
    facts = {
        "path": str(kernel.absolute()),
        "mmu": found.mmu,
        "version": found.kernel_version,
        "sha256": found.sha256,
    }
    return found.target, facts, found.notes()
