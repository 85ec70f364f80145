# SPDX-License-Identifier: GPL-2.0-only
"""Which findings are the same bug.

Two findings are the same bug if kind and function are the same and their
minimised sequences have the same shape (pyfuzz/worlds/NAME/shape.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from pyfuzz import world
from pyfuzz.kinds import Kind

Shape = tuple[str, ...]


class Found(Protocol):
    """The parts of a finding that identify the bug."""

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
    """Group findings that are the same bug, in their order."""
    found: dict[tuple[Kind, str, Shape], list[F]] = {}
    for finding in findings:
        key = (finding.kind, finding.function, shape(finding.operations))
        found.setdefault(key, []).append(finding)
    return list(found.values())
