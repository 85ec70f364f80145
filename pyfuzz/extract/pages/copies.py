# SPDX-License-Identifier: GPL-2.0-only
"""Copies in the build folder of what the world pages compiles: a revision, a patched tree.

Each has all headers that KVM's MMU may include.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from pyfuzz import files, paths
from pyfuzz.errors import UsageError
from pyfuzz.extract import patches, revision

FOLDERS = ("include", "arch/x86/include", "arch/x86/kvm", "virt/kvm", "Makefile")
"""Where in a kernel's tree all that is needed lies."""
_LARGEST_FILE = 64 << 20


def of_revision(repository: Path, name: str, wanted: Callable[[str], bool]) -> Path:
    """Return the folder with the files of ``REPOSITORY@NAME`` that are ``wanted``.

    Errors: UsageError if there is no such revision, or if it is not a kernel's.
    """
    commit = revision.commit(repository, name)
    return revision.kept(
        hashlib.sha256(f"pages\0{commit}".encode()).hexdigest(),
        revision.named(repository, name),
        lambda copy: revision.write(repository, commit, FOLDERS, wanted, copy),
    )


def patched(root: Path, name: str, given: tuple[Path, ...], wanted: Callable[[str], bool]) -> Path:
    """Return the folder with a tree's ``wanted`` files, patched.

    Errors: UsageError if a patch cannot be read or does not apply, or changes
    nothing that is needed.
    """
    diffs = [(path, patches.read(path)) for path in given]
    digest = hashlib.sha256(b"pages")
    there = sorted(_files(root, wanted))
    for one in there:
        digest.update(one.encode() + b"\0" + _read(root / one))
    for path, diff in diffs:
        digest.update(b"\0" + diff)
        name += f"+{path.stem}"
    changed = {old for _, diff in diffs for old, _ in patches.changed(diff)}
    # What the build folder holds never changes.
    may_link = root.resolve().is_relative_to(paths.build_dir().resolve())

    def fill(copy: Path) -> None:
        for one in there:
            (copy / one).parent.mkdir(parents=True, exist_ok=True)
            if may_link and one not in changed:
                os.link(root / one, copy / one)
            else:
                shutil.copyfile(root / one, copy / one)
        for path, diff in diffs:
            patches.apply(path, diff, copy)

    return revision.kept(digest.hexdigest(), name, fill)


def _files(root: Path, wanted: Callable[[str], bool]) -> Iterator[str]:
    for top in FOLDERS:
        for path in (root / top).rglob("*") if (root / top).is_dir() else (root / top,):
            name = path.relative_to(root).as_posix()
            if wanted(name) and path.is_file():
                yield name


def _read(path: Path) -> bytes:
    try:
        return files.read_bytes(path, _LARGEST_FILE)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
