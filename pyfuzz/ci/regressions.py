# SPDX-License-Identifier: GPL-2.0-only
"""Regression folders on a target: each file held to what it expects there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pyfuzz import paths
from pyfuzz.ci.compare import Comparison, Fixed
from pyfuzz.ci.replays import same
from pyfuzz.errors import UsageError
from pyfuzz.export.subject import Replayed, item_of
from pyfuzz.finding.artifact import replay_command
from pyfuzz.module.results import RawFinding
from pyfuzz.regression.expectation import Expectations, Expected, parse_expectations
from pyfuzz.sequence import container
from pyfuzz.sequence.container import SequenceFile
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

_SUFFIXES = (".seq", ".pyfz")


@dataclass(frozen=True, slots=True)
class Regression:
    """A file, and what it expects."""

    name: str
    file: SequenceFile
    expectations: Expectations

    def holds(self, target: Target, like: str | None) -> bool:
        """Tell whether the file says anything of a target."""
        own = self.file.input
        if own.encoding.world != target.world:
            return False
        return self.expectations.hold(target, faults=own.faults, like=like)


def read(folders: Iterable[Path]) -> list[Regression]:
    """Read the files of regression folders; a shipped one is called by its name alone.

    Errors: UsageError at the first file that cannot be read, or that has a
    mistake: a regression that is left out would pass.
    """
    found = []
    shipped = paths.corpus() / "regressions"
    for folder in folders:
        for path in _files(folder):
            file = container.read(path)
            expectations = parse_expectations(file.text or "", str(path))
            name = path.name if folder == shipped else str(path)
            found.append(Regression(name, file, expectations))
    return found


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(
            path
            for path in folder.iterdir()
            if path.suffix in _SUFFIXES and not path.name.startswith(".")
        )
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be read: {error.strerror or error}; name a folder of sequences"
        ) from error


def check(
    one: Regression, comparison: Comparison, flavour: str, like: str | None, kernel: Kernel | None
) -> Replayed:
    """Run a file on the target, and on the base's code.

    ``like`` is the port whose expectations hold for the target, None for the
    target's own; ``kernel`` is None for a port.  Errors:
    PyfuzzError if the target or the base cannot be built.
    """
    target, operations = comparison.target.target, one.file.operations
    found = comparison.target.run(operations, flavour)
    on_base = comparison.on_base(operations, flavour)
    for gone in on_base or ():
        if same(found, gone.symptom, gone.operation) is None:
            comparison.fixed.append(Fixed(gone.symptom, one.name))
    command = replay_command(one.file.path, target, kernel, flavour)
    items = []
    for finding in one.expectations.unexpected(target, found, like):
        item = item_of(finding, target, operations, one.file.path.stem, command, flavour)
        why = comparison.why(item, finding.signature, finding.operation, on_base)
        # A file may say that not even a known finding may be seen.
        items.append(replace(item, known=None, base=why))
    missing = tuple(one.expectations.missing(target, found, like))
    checked = Replayed(one.name, operations, tuple(items), missing, command=command)
    whys = [item.base for item in items] + [
        _lacks(lacking, comparison, on_base) for lacking in missing
    ]
    return replace(checked, base=whys[0]) if whys and all(whys) else checked


def _lacks(
    expected: Expected, comparison: Comparison, on_base: tuple[RawFinding, ...] | None
) -> str | None:
    """Say that the base's code does not show what is expected either."""
    if on_base is None or any(expected.fits(one, any_function=True) for one in on_base):
        return None
    return f"{comparison.base.name} does not show it either" if comparison.base else None
