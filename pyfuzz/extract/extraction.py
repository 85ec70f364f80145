# SPDX-License-Identifier: GPL-2.0-only
"""The result of extracting a kernel, as text, as data and for the builder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyfuzz import records
from pyfuzz.extract.closure import Stub
from pyfuzz.extract.traits import Traits
from pyfuzz.target.catalogue import Target


@dataclass(frozen=True, slots=True)
class Taken:
    """A definition that was taken, and its place in the user's file."""

    name: str
    kind: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.name} {self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Missing:
    """An operation that is not fuzzed, and why."""

    operation: str
    reason: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionRecord:
    """What ``pyfuzz extract --json`` prints.  Keys are added, never renamed."""

    target: str
    generated: str
    origin: str
    mmu: str
    sha256: str
    kernel_version: str | None
    policy: str
    traits: Traits
    functions: dict[str, Taken]
    taken: tuple[Taken, ...]
    stubbed: tuple[Stub, ...]
    members: tuple[str, ...]
    missing: tuple[Missing, ...]
    known: list[dict[str, str]]
    compiled: bool


@dataclass(frozen=True, slots=True)
class Extraction:
    """A kernel made into a target.

    ``functions`` maps operations to the kernel's functions for them.  ``taken``
    is everything that is compiled, ``stubbed`` what was replaced by nothing
    (``value_used``: the code uses a made-up 0), ``members`` what was added to the
    shim's structures.  ``kernel_version`` is read from the tree's Makefile, for
    information; ``sha256`` is that of mmu.c (and of other C files that were read,
    in turn).  ``compiled`` is False if there is no compiler to try it with.
    """

    target: Target
    origin: Path
    mmu: str
    traits: Traits
    functions: dict[str, Taken]
    taken: tuple[Taken, ...]
    stubbed: tuple[Stub, ...]
    members: tuple[str, ...]
    missing: tuple[Missing, ...]
    kernel_version: str | None
    sha256: str
    compiled: bool

    def notes(self) -> list[str]:
        """Return the notes that the summary of a campaign must show, one line each."""
        return notes(self.missing, self.stubbed, self.members)

    def as_json(self) -> dict[str, Any]:
        """Return what ``pyfuzz extract --json`` prints."""
        target = self.target
        record = ExtractionRecord(
            target=target.name,
            generated=str(target.source),
            origin=str(self.origin),
            mmu=self.mmu,
            sha256=self.sha256,
            kernel_version=self.kernel_version,
            policy=target.policy,
            traits=self.traits,
            functions=self.functions,
            taken=self.taken,
            stubbed=self.stubbed,
            members=self.members,
            missing=self.missing,
            known=[known.in_short() for known in target.known],
            compiled=self.compiled,
        )
        return dict(records.plain(record))


def notes(
    missing: tuple[Missing, ...], stubs: tuple[Stub, ...], members: tuple[str, ...]
) -> list[str]:
    """Return one line for each operation not fuzzed and each value made up.

    A made-up value may cause a finding that is pyfuzz's fault, not the kernel's.
    """
    lines = [f"not fuzzed: {one}" for one in missing]
    lines += [f"made up: {stub}" for stub in stubs if stub.value_used]
    lines += [f"left out: {stub}" for stub in stubs if not stub.value_used]
    return lines + [f"made up: {member} (is 0)" for member in members]
