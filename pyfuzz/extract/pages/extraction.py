# SPDX-License-Identifier: GPL-2.0-only
"""The result of compiling a kernel's complete MMU, as text, as data and for the builder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyfuzz import records
from pyfuzz.run.summary import WALKERS
from pyfuzz.target.catalogue import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesRecord:
    """What ``pyfuzz extract --world pages --json`` prints.  Keys are added, never renamed."""

    code: tuple[str, ...]
    have: tuple[str, ...]
    lacks: tuple[str, ...]
    zeroed: tuple[str, ...]
    made_up: tuple[str, ...]
    absent: tuple[str, ...]
    target: str
    world: str
    generated: str
    origin: str
    mmu: str
    sha256: str
    kernel_version: str | None
    known: list[dict[str, str]]
    walker: str


@dataclass(frozen=True, slots=True)
class PagesExtraction:
    """A kernel made into a target of the world ``pages``.

    ``code`` are the kernel's files that were compiled.  ``have`` are the probes
    that hold, ``lacks`` the operations that this kernel does not have.
    ``zeroed`` are the kernel's variables that nothing sets, ``made_up`` the
    functions that nothing implements: they return 0, and report when they are
    called.  ``absent`` are the headers that are included and not in the tree: they
    count as empty.  ``kernel_version`` is read from the tree's Makefile, for
    information; ``sha256`` is that of KVM's own files.
    """

    target: Target
    origin: Path
    mmu: str
    code: tuple[str, ...]
    have: tuple[str, ...]
    lacks: tuple[str, ...]
    zeroed: tuple[str, ...]
    made_up: tuple[str, ...]
    absent: tuple[str, ...]
    kernel_version: str | None
    sha256: str

    @property
    def walker(self) -> str:
        """Whose code walks guests' tables: FNAME(fetch) is paging64_fetch() in the code taken."""
        return "kernel" if b"paging64_fetch(" in self.target.source.read_bytes() else "pyfuzz"

    def notes(self) -> list[str]:
        """Return the notes that the summary of a campaign must show, one line each."""
        return [
            *(f"not fuzzed: {name}: this kernel has no function for it" for name in self.lacks),
            *(f"made up: {name} (returns 0)" for name in self.made_up),
            *(f"left out: {name}, which is included and not in this tree" for name in self.absent),
        ]

    def lines(self) -> list[str]:
        """Return it as text."""
        notes = self.notes()
        return [
            f"{self.target.name}: from {self.mmu}",
            f"  kernel            {self.kernel_version or 'unknown version'} (for information)",
            "  world             pages: its own SPTEs",
            f"  guest tables      walked by {WALKERS[self.walker]}",
            "taken, whole",
            *(f"  {name}" for name in self.code),
            *(["please note", *(f"  {note}" for note in notes)] if notes else []),
            f"zero: {', '.join(self.zeroed) or 'nothing'}",
            f"generated: {self.target.source}",
        ]

    def as_json(self) -> dict[str, Any]:
        """Return what ``pyfuzz extract --world pages --json`` prints."""
        record = PagesRecord(
            code=self.code,
            have=self.have,
            lacks=self.lacks,
            zeroed=self.zeroed,
            made_up=self.made_up,
            absent=self.absent,
            target=self.target.name,
            world=self.target.world,
            generated=str(self.target.source),
            origin=str(self.origin),
            mmu=self.mmu,
            sha256=self.sha256,
            kernel_version=self.kernel_version,
            known=[known.in_short() for known in self.target.known],
            walker=self.walker,
        )
        return dict(records.plain(record))
