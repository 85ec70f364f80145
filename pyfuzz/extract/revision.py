# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that first has to be prepared: a revision of a repository, or a tree with patches.

The files that pyfuzz reads are copied into the build folder, under a name that
identifies them.  Nothing is checked out, and the user's tree is not changed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.extract import patches
from pyfuzz.extract.source import HEADERS, KernelSource, find
from pyfuzz.target.kernel import Kernel

# The files that the extractor may read; patches to others do not matter.
_WANTED = ("arch/x86/kvm", "Makefile", *HEADERS)
_LONGEST_NAME = 100
_SUFFIXES = re.compile(r"\.tar(\.\w+)?$|\.tgz$|\.txz$")


def prepared(kernel: Kernel) -> Path:
    """Return the path to read a kernel's list code from: its own, or that of a copy.

    Errors: UsageError if there is no such revision, or if a patch does not apply.
    """
    repository = split(kernel.path)
    if repository is None and not kernel.patches:
        return kernel.path
    digest = hashlib.sha256()
    if repository is None:
        source: KernelSource | None = find(kernel.path)
        assert source is not None
        name = bare_name(kernel.path)
        for file in source.files:
            digest.update(file.path.encode() + b"\0" + file.text.encode("latin-1"))
    else:
        source = None
        found = commit(*repository)
        name = named(*repository)
        digest.update(found.encode())
    diffs = [(path, patches.read(path)) for path in kernel.patches]
    for path, diff in diffs:
        digest.update(b"\0" + diff)
        name += f"+{path.stem}"

    def fill(copy: Path) -> None:
        if repository is not None:
            write(repository[0], found, _WANTED, _is_wanted, copy)
        else:
            assert source is not None
            _copy(kernel.path, source, copy)
        for path, diff in diffs:
            patches.apply(path, diff, copy)

    return kept(digest.hexdigest(), name, fill)


def kept(digest: str, name: str, fill: Callable[[Path], None]) -> Path:
    """Return the copy with this digest in the build folder; ``fill`` writes it, once."""
    folder = paths.build_dir() / "kernels" / digest[:16]
    whole = folder / name[:_LONGEST_NAME]
    if whole.is_dir():
        return whole
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
        copy = Path(scratch, "kernel")
        copy.mkdir()
        fill(copy)
        try:
            copy.rename(whole)
        except OSError:
            if not whole.is_dir():  # another process was faster
                raise
    return whole


def split(path: Path) -> tuple[Path, str] | None:
    """Split ``REPOSITORY@REV``; None if the path is not of that form.

    A path that exists is taken as a path, even with an @ in its name.
    """
    text = str(path)
    if path.exists():
        return None
    for match in reversed(list(re.finditer("@", text))):
        folder, revision = Path(text[: match.start()]), text[match.end() :]
        if revision and text[: match.start()] and folder.is_dir():
            return folder, revision
    return None


def described(path: Path, revision: str) -> tuple[str, str] | None:
    """Return a commit's hash and subject from the repository that a kernel is in.

    None if the kernel is in no repository, or that has no such revision.
    """
    named = split(path)
    folder = named[0] if named else path
    if not folder.is_dir():
        return None
    asked = ("log", "-1", "--format=%H%n%s", "--end-of-options", f"{revision}^{{commit}}")
    done = _git(folder, *asked)
    if done.returncode:
        return None
    commit, _, title = done.stdout.decode("utf-8", "replace").strip().partition("\n")
    return commit, title


def named(repository: Path, revision: str) -> str:
    """Return the name of a copy of a revision."""
    return f"{repository.resolve().name}-{re.sub(r'[^A-Za-z0-9_.-]', '_', revision)}"


def bare_name(path: Path) -> str:
    """Return the name of a tree, or of a tarball without its suffixes."""
    return _SUFFIXES.sub("", path.resolve().name)


def commit(repository: Path, revision: str) -> str:
    """Return the hash of a revision; UsageError if there is none."""
    asked = f"{revision}^{{commit}}"
    done = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", asked)
    if done.returncode == 0:
        return done.stdout.decode().strip()
    if _git(repository, "rev-parse", "--git-dir").returncode:
        raise UsageError(f"{repository}@{revision}: {repository} is not a git repository")
    raise UsageError(f"{repository}@{revision}: the repository has no revision '{revision}'")


def write(
    repository: Path,
    commit: str,
    folders: Sequence[str],
    wanted: Callable[[str], bool],
    copy: Path,
) -> None:
    """Write a commit's files below ``folders`` that are ``wanted``.

    Errors: UsageError if there are none, or if the repository cannot be read.
    """
    listed = _git(repository, "ls-tree", "-r", "-z", "--name-only", commit, "--", *folders)
    names = [name.decode() for name in listed.stdout.split(b"\0") if name.isascii()]
    names = [name for name in names if name and wanted(name)]
    if not any(name.startswith("arch/x86/kvm/") for name in names):
        raise UsageError(
            f"{repository}@{commit[:12]}: holds no arch/x86/kvm; name a revision of a kernel"
        )
    archive = copy.with_suffix(".tar")
    command = ["archive", "--format=tar", f"--output={archive}", commit, "--"]
    done = _git(repository, *command, *names)
    if done.returncode:
        why = patches.last_line(done.stderr)
        raise UsageError(f"{repository}@{commit[:12]}: cannot be read: {why}")
    _unpack(archive, copy)
    archive.unlink()


def _unpack(archive: Path, copy: Path) -> None:
    """Write the regular files of git's archive; no path in a repository leads out of it."""
    # tarfile's filters are newer than CPython 3.11.2.
    with tarfile.open(archive, "r:") as members:
        for member in members:
            content = members.extractfile(member) if member.isreg() else None
            if content is None:
                continue
            place = copy / member.name
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as file:
                shutil.copyfileobj(content, file)


def _is_wanted(name: str) -> bool:
    return name.endswith((".c", ".h", "Makefile"))


def _copy(path: Path, source: KernelSource, folder: Path) -> None:
    """Write the files that were found: in a tree, in a tarball, or one mmu.c."""
    for file in source.files:
        inside = file.path if "/" in file.path else f"arch/x86/kvm/mmu/{path.name}"
        place = folder / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.text.encode("latin-1"))
    if source.version is not None:
        numbers = zip(
            ("VERSION", "PATCHLEVEL", "SUBLEVEL"), source.version.split("."), strict=False
        )
        text = "".join(f"{name} = {number}\n" for name, number in numbers)
        (folder / "Makefile").write_text(text)


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", "-C", str(repository), *arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        raise UsageError(
            f"{repository}@…: a revision is read with git, which is not installed"
        ) from None
