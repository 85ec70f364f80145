# SPDX-License-Identifier: GPL-2.0-only
"""The folder of a campaign in several worlds: a run folder for each of them.

OUT/worlds.json         marks it, and names the target and the worlds
OUT/summary.json        the result, as --json prints it
OUT/lists/, OUT/pages/  each world's own run folder
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import files, records, world
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.run import folder as run_folder

MARKER = "worlds.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Marker:
    """worlds.json: its format, the target's name, and the worlds that were fuzzed."""

    pyfuzz: int
    target: str
    worlds: tuple[str, ...] = ()


def is_marked(path: Path) -> bool:
    """Tell whether a folder is that of a campaign in several worlds."""
    return (path / MARKER).is_file()


def runs_in(path: Path) -> list[Path]:
    """Return a folder's run folders: those of its worlds, or the folder itself."""
    if not is_marked(path):
        return [path]
    folders = [path / name for name in world.NUMBERS]
    return [folder for folder in folders if (folder / run_folder.MARKER).is_file()]


def the_run(path: Path, of: str | None = None) -> Path:
    """Return the run folder of this world in a folder of several; any other path as it is.

    Errors: UsageError if there are several and none is asked for.
    """
    if not is_marked(path):
        return path
    if of is not None:
        return path / of
    names = " or ".join(str(run) for run in runs_in(path)) or "another folder"
    raise UsageError(f"{path} has a run folder for each world: name {names}")


def claim(path: Path, target: str, names: tuple[str, ...]) -> None:
    """Mark a folder, or see that it is one of this target.

    Errors: UsageError if it holds another thing, is of another target, or cannot be written.
    """
    marker = path / MARKER
    try:
        if marker.exists():
            _check(path, marker, target)
        elif path.is_dir() and any(path.iterdir()):
            raise UsageError(
                f"the output folder {path} is neither empty nor one of several worlds (it has no "
                f"{MARKER}): name another with --out DIR"
            )
        path.mkdir(parents=True, exist_ok=True)
        said = records.plain(Marker(FORMAT, target, names))
        write_beside(marker, json.dumps(said).encode() + b"\n")
    except OSError as error:
        raise UsageError(
            f"the output folder {path} cannot be written: {error.strerror or error}; "
            "name another with --out DIR"
        ) from error


def _check(path: Path, marker: Path, target: str) -> None:
    try:
        began = records.read(files.read_object(marker), Marker)
    except ValueError as error:
        raise UsageError(
            f"{marker} cannot be understood ({files.reason(error)}): name another folder with "
            "--out DIR"
        ) from error
    if began.target != target:
        raise UsageError(
            f"the run folder {path} is of target {began.target}, not of {target}: "
            "name another with --out DIR"
        )
