# SPDX-License-Identifier: GPL-2.0-only
"""A broken property: what every record of a finding has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyfuzz.kinds import Kind


@dataclass(frozen=True, slots=True)
class Symptom:
    """The kind, where in the target, and what is wrong.

    ``function`` is empty if no code of the target was running, as when a process
    died; ``line`` is 0 if there is none.
    """

    kind: Kind
    function: str = ""
    message: str = ""
    line: int = 0

    @property
    def title(self) -> str:
        """Kind and place, as a name for people: ``leak in mmu_free``."""
        return f"{self.kind.value} in {self.function}" if self.function else self.kind.value

    @property
    def place(self) -> str:
        """The title, and the line if there is one."""
        return f"{self.title}, line {self.line}" if self.line else self.title

    @property
    def expectation(self) -> str:
        """Kind and function as the ``# expect`` lines of a regression have them."""
        return f"{self.kind.value} {self.function}".rstrip()

    def title_among(self, others: Iterable[Symptom]) -> str:
        """The title; with the line if others have the same title and another line."""
        lines = {other.line for other in others if other.title == self.title}
        return self.place if lines - {self.line} else self.title

    def like(self, other: Symptom) -> bool:
        """Tell whether another is of the same kind in the same function."""
        return self.kind is other.kind and self.function == other.function


class Shown:
    """Base of records that hold a symptom: its fields as properties."""

    __slots__ = ()
    symptom: Symptom

    @property
    def kind(self) -> Kind:
        """The kind of finding."""
        return self.symptom.kind

    @property
    def function(self) -> str:
        """The function of the target, empty if none was running."""
        return self.symptom.function

    @property
    def message(self) -> str:
        """What is wrong."""
        return self.symptom.message

    @property
    def line(self) -> int:
        """The line of the target's source, 0 if there is none."""
        return self.symptom.line

    @property
    def title(self) -> str:
        """Kind and place, as a name for people."""
        return self.symptom.title

    def title_among(self, others: Iterable[Shown]) -> str:
        """The title; with the line if others have the same title and another line."""
        return self.symptom.title_among(other.symptom for other in others)
