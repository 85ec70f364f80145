# SPDX-License-Identifier: GPL-2.0-only
"""The binary form of a sequence: what the engine mutates and the harness runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyfuzz import world
from pyfuzz.sequence.input import DEFAULT, Encoding, Input

if TYPE_CHECKING:
    from collections.abc import Iterable

# What the harness takes in one run (PYFUZZ_MAX_INPUT).
MAX_BYTES = 4096


def encode(operations: Iterable[Any]) -> bytes:
    """Encode operations of one world in its canonical form.

    Raises UsageError for an operation that breaks a rule of its opcode.
    """
    operations = list(operations)
    return world.of(operations).encode(operations)


def decode(data: bytes, encoding: Encoding = DEFAULT) -> list[Any]:
    """Decode a byte string, which never fails; an incomplete last operation is ignored."""
    return Input(data, encoding).operations()


def split(operations: Iterable[Any]) -> list[Any]:
    """Replace each operation whose count has no repeat code by an equal run of others."""
    operations = list(operations)
    return world.of(operations).split(operations)


def has_faults(operations: Iterable[Any]) -> bool:
    """Tell whether a sequence plants faults, and must be run with faults enabled."""
    operations = list(operations)
    return world.of(operations).has_faults(operations)


def max_operations(of: str = world.DEFAULT) -> int:
    """Return how many operations of a world fit into one run."""
    return MAX_BYTES // world.get(of).operation_bytes
