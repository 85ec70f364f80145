# SPDX-License-Identifier: GPL-2.0-only
"""A sequence as a module runs it: bytes, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pyfuzz import world

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of an input are read: in which world, and whether they may plant faults."""

    world: str = world.DEFAULT
    faults: bool = False


DEFAULT = Encoding()


@dataclass(frozen=True, slots=True)
class Input:
    """The bytes of a sequence, and how they are read."""

    payload: bytes
    encoding: Encoding = DEFAULT

    @classmethod
    def of(cls, operations: Iterable[Any]) -> Self:
        """Encode operations of one world.

        Raises UsageError for an operation that breaks a rule of its opcode.
        """
        operations = list(operations)
        own = world.of(operations)
        return cls(own.encode(operations), Encoding(own.name, own.has_faults(operations)))

    @property
    def faults(self) -> bool:
        """Whether the input is to be run with faults enabled."""
        return self.encoding.faults

    def operations(self) -> list[Any]:
        """Decode the bytes, which never fails; an incomplete last operation is ignored."""
        encoding = self.encoding
        return world.get(encoding.world).decode(self.payload, faults=encoding.faults)
