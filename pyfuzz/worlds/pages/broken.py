# SPDX-License-Identifier: GPL-2.0-only
"""What the independent oracle says of a rule that does not hold."""

from __future__ import annotations

from dataclasses import dataclass

from pyfuzz.kinds import Kind


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that is broken in memory; ``spte`` is the address of the SPTE it is about, or 0."""

    kind: Kind
    message: str
    spte: int = 0
