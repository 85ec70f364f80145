# SPDX-License-Identifier: GPL-2.0-only
"""What the words and the kinds of finding mean; the texts are in glossary.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KindMeaning:
    """What must hold, and what its breach means for a host with several VMs."""

    must: str
    means: str


@dataclass(frozen=True, slots=True)
class Glossary:
    """Kinds by their name, and words with their meaning in the order to be read."""

    kinds: dict[str, KindMeaning]
    words: tuple[tuple[str, str], ...]


@cache
def glossary() -> Glossary:
    """Return the glossary."""
    values = tomllib.loads(Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8"))
    return Glossary(
        kinds={name: KindMeaning(**kind) for name, kind in values["kinds"].items()},
        words=tuple((word["word"], word["meaning"]) for word in values["words"]),
    )
