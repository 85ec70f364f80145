# SPDX-License-Identifier: GPL-2.0-only
"""The result of extracting a kernel, as text, as data and for the builder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Extraction:
    """A kernel made into a target.

    ``functions`` maps operations to the kernel's functions for them.  ``taken``
    is everything that is compiled, ``stubbed`` what was replaced by nothing
    (``value_used``: the code uses a made-up 0), ``members`` what was added to the
    shim's structures.  ``kernel_version`` is read from the tree's Makefile, for
    information; ``sha256`` is that of mmu.c.  ``compiled`` is False if there is
    no compiler to try it with.
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

    def as_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "target": self.target.name,
            "generated": str(self.target.source),
            "origin": str(self.origin),
            "mmu": self.mmu,
            "sha256": self.sha256,
            "kernel_version": self.kernel_version,
            "policy": self.target.policy,
            "traits": asdict(self.traits),
            "functions": {name: asdict(taken) for name, taken in self.functions.items()},
            "taken": [asdict(taken) for taken in self.taken],
            "stubbed": [asdict(stub) for stub in self.stubbed],
            "members": list(self.members),
            "missing": [asdict(missing) for missing in self.missing],
            "known": [known.in_short() for known in self.target.known],
            "compiled": self.compiled,
        }


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
