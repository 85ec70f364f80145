# SPDX-License-Identifier: GPL-2.0-only
"""Which findings are one bug.

Two findings of one kind in one function whose minimised sequences have the
same shape (pyfuzz/worlds/NAME/shape.py) are one bug, wherever they were seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from pyfuzz import world
from pyfuzz.kinds import Kind

Shape = tuple[str, ...]


class Found(Protocol):
    """What is needed of a finding to tell whether it is another one."""

    @property
    def kind(self) -> Kind: ...
    @property
    def function(self) -> str: ...
    @property
    def operations(self) -> Sequence[world.Operation]: ...


F = TypeVar("F", bound=Found)


def shape(operations: Iterable[world.Operation]) -> Shape:
    """Return what each step does, in the words of the sequence's world."""
    operations = list(operations)
    return world.of(operations).shape(operations)


def same_bug(a: Found, b: Found) -> bool:
    """Tell whether two findings with minimised sequences are one bug."""
    return (
        a.kind is b.kind and a.function == b.function and shape(a.operations) == shape(b.operations)
    )


def bugs(findings: Iterable[F]) -> list[list[F]]:
    """Put findings that are one bug together, in the order in which they come."""
    found: dict[tuple[Kind, str, Shape], list[F]] = {}
    for finding in findings:
        key = (finding.kind, finding.function, shape(finding.operations))
        found.setdefault(key, []).append(finding)
    return list(found.values())
