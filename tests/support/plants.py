# SPDX-License-Identifier: GPL-2.0-only
"""Plant a mistake in a port: the edited sources as a target of their own."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from pyfuzz import paths
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``old``, which must be in csrc/``file`` exactly once, by ``new``."""

    file: str
    old: str
    new: str


def plant(port: str, folder: Path, *edits: Edit) -> Target:
    """Return the port with the edits made, in a copy of csrc under ``folder``.

    Errors: AssertionError if an edit does not apply, which shows that the port
    has changed.
    """
    for part in ("ports", "shim", "harness", "worlds"):
        shutil.copytree(paths.csrc() / part, folder / part)
    for edit in edits:
        path = folder / edit.file
        text = path.read_text()
        assert text.count(edit.old) == 1, f"{edit.file} must have {edit.old!r} once: {edit}"
        path.write_text(text.replace(edit.old, edit.new))
    original = catalogue.get(port)
    source = folder / "ports" / original.source.name
    # The build identifies a target by its file, so use another one.
    mark = hashlib.sha256(repr(edits).encode()).hexdigest()[:12]
    source.write_text(f"/* planted {mark} */\n{source.read_text()}")
    return replace(original, name=f"planted-{mark}", source=source)
