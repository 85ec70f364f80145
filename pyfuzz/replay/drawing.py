# SPDX-License-Identifier: GPL-2.0-only
"""What a world shows of memory around one step, as data: the report draws it.

The keys are part of the report's contract (docs/json.md).  Lists are drawn as
they were before and after; the pages of a VM are drawn once, with what came and went.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pyfuzz.records import Count

State = Literal["same", "new", "gone"]


@dataclass(frozen=True, slots=True)
class DescriptorPicture:
    """A descriptor: what is in each slot, None for NULL; counts are None where there are none."""

    slots: tuple[str | None, ...]
    spte_count: int | None
    tail_count: int | None


@dataclass(frozen=True, slots=True)
class ListPicture:
    """A list: its SPTEs by name, in order, and the descriptors that hold them.

    A list without descriptors is empty or holds one SPTE.  ``broken`` says
    which rules of its shape it breaks.
    """

    name: str
    entries: tuple[str, ...]
    descriptors: tuple[DescriptorPicture, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One list before and after the step that broke."""

    name: str
    before: ListPicture
    after: ListPicture


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a box: an entry of a table or of a list.

    ``state`` is what the step did to it; ``wrong`` are the kinds of finding that it is
    the place of.
    """

    text: str
    state: State
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A guest's table, a shadow page or a reverse map, with the entries that it holds."""

    name: str
    note: str
    state: State
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PagesPicture:
    """A VM's memory around a step: what is the same, new and gone after it.

    ``moment`` is "before" where the step leaves nothing to draw.  ``guest`` has
    the addresses that the sequence uses and the tables on their way; ``broken``
    says which rules are broken after the step.
    """

    vm: Count
    moment: Literal["before", "after"]
    guest: tuple[Box, ...]
    shadows: tuple[Box, ...]
    rmaps: tuple[Box, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Memory around the step that broke; ``vms`` is the number of VMs of the world."""

    spte: str | None
    bugged_before: list[Count]
    bugged_after: list[Count]
    lists: list[ListEntry] = field(default_factory=list)
    other_lists: Count = 0
    vms: Count = 0
    pages: PagesPicture | None = None
