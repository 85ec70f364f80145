# SPDX-License-Identifier: GPL-2.0-only
"""The glossary; its texts are in glossary.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Glossary:
    """Words with their meaning, in the order to be read."""

    words: tuple[tuple[str, str], ...]


@cache
def glossary() -> Glossary:
    """Return the glossary."""
    values = tomllib.loads(Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8"))
    return Glossary(
        words=tuple((word["word"], word["meaning"]) for word in values["words"]),
    )
