# SPDX-License-Identifier: GPL-2.0-only
"""The shipped matrix: the known outcome of each fault, and which outcomes are worse."""

from __future__ import annotations

from pathlib import Path

from pyfuzz import files, paths
from pyfuzz.containment.cell import Cell
from pyfuzz.containment.matrix import Matrix, Row, read_matrix
from pyfuzz.errors import UsageError


def path() -> Path:
    """Return the file of the shipped matrix."""
    return paths.corpus() / "containment.json"


def read(file: Path) -> Matrix:
    """Read a matrix that was written before.

    Errors: UsageError that names the file.
    """
    try:
        text = files.read_bytes(file, files.JSON_LIMIT_BYTES).decode("utf-8")
    except (OSError, ValueError) as error:
        no_text = isinstance(error, UnicodeDecodeError)
        reason = "it is not UTF-8 text" if no_text else getattr(error, "strerror", None) or error
        raise UsageError(f"{file}: cannot be read: {reason}; name a file you can read") from error
    return read_matrix(text, str(file))


def load() -> Matrix | None:
    """Return the shipped matrix, None if there is none."""
    return read(path()) if path().is_file() else None


def worse(row: Row, known: Matrix | None) -> list[Cell]:
    """Return the cells with a worse outcome than the shipped matrix has.

    For a target that the shipped matrix does not have, these are all cells that
    are not contained.
    """
    same = next((one for one in known.rows if one.target == row.target), None) if known else None
    if same is None:
        return [cell for cell in row.applicable if not cell.contained]
    ranks = {cell.fault: cell.outcome.rank for cell in same.cells if cell.outcome is not None}
    return [
        cell
        for cell in row.applicable
        if cell.outcome is not None and cell.outcome.rank > ranks.get(cell.fault, 0)
    ]
