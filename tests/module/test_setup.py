# SPDX-License-Identifier: GPL-2.0-only
"""Set-up on machines where it cannot work: a clear line, exit code 2, nothing half done."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pyfuzz import paths

SCRIPT = paths.ROOT / ".ci" / "setup.sh"
TOOLS = ("sh", "cat", "cksum", "dirname", "rm", "env")

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="only a checkout has .ci/setup.sh")


def setup(folder: Path, **pythons: str) -> subprocess.CompletedProcess[str]:
    """Run the script with these as the only Pythons; each is the text of a shell script."""
    checkout, programs = folder / "checkout", folder / "bin"
    (checkout / ".ci").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(SCRIPT, checkout / ".ci")
    (checkout / "pyproject.toml").touch()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool) or tool)
    for name, text in pythons.items():
        path = programs / name.replace("_", ".")
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return subprocess.run(
        ["sh", ".ci/setup.sh"],
        cwd=checkout,
        env={**os.environ, "PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_setup_without_any_python_says_what_is_needed(tmp_path: Path) -> None:
    done = setup(tmp_path)
    assert (2, 1) == (done.returncode, done.stderr.count("\n"))
    assert "CPython 3.11, 3.12 or 3.13 is needed" in done.stderr
    assert "no python3 at all" in done.stderr


def test_setup_with_a_python_too_new_names_it(tmp_path: Path) -> None:
    too_new = 'case "$1" in --version) echo Python 3.14.0;; *) exit 1;; esac'
    done = setup(tmp_path, python3=too_new)
    assert 2 == done.returncode
    assert "python3 is Python 3.14.0" in done.stderr


def test_setup_with_a_python_that_cannot_make_venvs_names_the_package(tmp_path: Path) -> None:
    # Debian without python3.11-venv: it fits, but has neither ensurepip nor pip.
    bare = 'case "$*" in *platform*) echo 3.11.2;; *ensurepip*|*virtualenv*|*pip*) exit 1;; esac'
    done = setup(tmp_path, python3=bare, python3_11=bare)
    assert 2 == done.returncode
    assert "apt-get install python3.11-venv" in done.stderr
    assert not (tmp_path / "checkout" / ".venv").exists()
