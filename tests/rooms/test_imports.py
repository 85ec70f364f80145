# SPDX-License-Identifier: GPL-2.0-only
"""The rooms of the package, and who may import whom (pyproject.toml, tool.importlinter)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_rooms_import_only_from_rooms_below_them() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("errors.py", "import pyfuzz.cli"),  # from the ground up to the command line
        ("module/extra.py", "import pyfuzz.worlds.lists.model"),  # round the table of worlds
        ("corner/__init__.py", ""),  # a room that the contract does not name
    ],
)
def test_import_against_the_contract_is_refused(tmp_path: Path, module: str, line: str) -> None:
    shutil.copytree(ROOT / "pyfuzz", tmp_path / "pyfuzz")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / "pyfuzz" / module
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(f"{line}\n")

    done = lint_imports(tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
