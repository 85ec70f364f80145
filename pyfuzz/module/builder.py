# SPDX-License-Identifier: GPL-2.0-only
"""The only importer of build.py, which is outside of the package."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pyfuzz import paths
from pyfuzz.errors import HarnessError
from pyfuzz.files import write_beside

if TYPE_CHECKING:
    from pyfuzz.target.catalogue import Target

# Every target's module has this name inside, so that what cffi generates is
# compiled once for all of them; Python tells them apart by their files.
MODULE = "_pyfuzz_target"


@cache
def _build_py() -> ModuleType:
    path = paths.ROOT / "build.py"
    # Under a name of its own: 'build' is also a well-known package.
    spec = importlib.util.spec_from_file_location("pyfuzz_build", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise HarnessError(f"{path} is missing: install pyfuzz again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def build(target: Target, flavour: str = "fuzz") -> Path:
    """Return the extension module of a target, compiled if it is not there yet.

    With ``against`` it is a copy: the two may be the same code, and a file is loaded only once.
    """
    path: Path = _build_py().build(target, flavour)
    if target.against is None:
        return path
    copy = paths.build_dir() / "compared" / path.name
    if not copy.exists():
        copy.parent.mkdir(exist_ok=True)
        write_beside(copy, path.read_bytes())
    return copy


def import_module(path: Path) -> ModuleType:
    """Import a file that build() returned; a second call imports it once more.

    Errors: ImportError if the file cannot be loaded.
    """
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise HarnessError(f"{path} is not an extension module; please report")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def target_flags(target: Target, flavour: str) -> tuple[str, ...]:
    """Return the flags that a target's own C file is compiled with."""
    flags: tuple[str, ...] = _build_py().target_flags(target, flavour)
    return flags


def harness_sources(world: str = "lists") -> list[Path]:
    """Return the C files of the harness and of a world."""
    sources: list[Path] = _build_py().harness_sources(world)
    return sources


def harness_objects(world: str, flavour: str, main_source: Path) -> list[Path]:
    """Return the compiled harness with a world and a C file with main(), without a target."""
    objects: list[Path] = _build_py().harness_objects(world, flavour, main_source)
    return objects


def build_engine(archive: Path) -> Path:
    """Return libFuzzer as a shared object."""
    path: Path = _build_py().build_engine(archive)
    return path


def build_mutator() -> Path:
    """Return the mutator alone, to be preloaded beside a sanitizer's libFuzzer."""
    path: Path = _build_py().build_mutator()
    return path


def build_native(target: Target, main_source: Path, archive: Path, flavour: str = "fuzz") -> Path:
    """Return a program without Python: a target, the harness, libFuzzer, a C file with main()."""
    path: Path = _build_py().build_native(target, main_source, archive, flavour)
    return path


def build_program(source: Path) -> Path:
    """Return the program of one C file that needs neither a target nor an engine."""
    path: Path = _build_py().build_program(source)
    return path
