# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that first has to be prepared: a revision of a repository, or a tree with patches.

The files that pyfuzz reads are copied into the build folder, under a name that
identifies them.  Nothing is checked out, and the user's tree is not changed.
"""

from __future__ import annotations

import email
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from email.message import Message
from itertools import pairwise
from pathlib import Path

from pyfuzz import files, paths
from pyfuzz.errors import UsageError
from pyfuzz.extract.source import HEADERS, KernelSource, find
from pyfuzz.target.kernel import Kernel

# The files that the extractor may read; patches to others do not matter.
_WANTED = ("arch/x86/kvm", "Makefile", *HEADERS)
_LARGEST_PATCH = 32 << 20
_FROM = re.compile(rb"^From \S+ .*\d{4}$", re.MULTILINE)
_CHANGED = re.compile(r"^--- (?:[^/\s]+/)?(\S+).*\n\+\+\+ [^/\s]+/(\S+)", re.MULTILINE)
_SHOWN = 300


def prepared(kernel: Kernel) -> Path:
    """Return the path to read a kernel from: its own, or that of a copy.

    Errors: UsageError if there is no such revision, or if a patch does not apply.
    """
    repository = split(kernel.path)
    if repository is None and not kernel.patches:
        return kernel.path
    digest = hashlib.sha256()
    if repository is None:
        source: KernelSource | None = find(kernel.path)
        assert source is not None
        name = kernel.path.resolve().name
        for file in source.files:
            digest.update(file.path.encode() + b"\0" + file.text.encode("latin-1"))
    else:
        source = None
        commit = _commit(*repository)
        name = f"{repository[0].resolve().name}-{re.sub(r'[^A-Za-z0-9_.-]', '_', repository[1])}"
        digest.update(commit.encode())
    patches = [(path, _diff(path)) for path in kernel.patches]
    for path, diff in patches:
        digest.update(b"\0" + diff)
        name += f"+{path.stem}"
    folder = paths.build_dir() / "kernels" / digest.hexdigest()[:16]
    whole = folder / name[:100]
    if whole.is_dir():
        return whole
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
        copy = Path(scratch, "kernel")
        copy.mkdir()
        if repository is not None:
            _read_revision(repository[0], commit, copy)
        else:
            assert source is not None
            _copy(kernel.path, source, copy)
        for path, diff in patches:
            _apply(path, diff, copy)
        if not whole.is_dir():
            copy.rename(whole)
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


def _commit(repository: Path, revision: str) -> str:
    asked = f"{revision}^{{commit}}"
    done = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", asked)
    if done.returncode == 0:
        return done.stdout.decode().strip()
    if _git(repository, "rev-parse", "--git-dir").returncode:
        raise UsageError(f"{repository}@{revision}: {repository} is not a git repository")
    raise UsageError(f"{repository}@{revision}: the repository has no revision '{revision}'")


def _read_revision(repository: Path, commit: str, folder: Path) -> None:
    """Write the files of a commit that are needed."""
    listed = _git(repository, "ls-tree", "-r", "-z", "--name-only", commit, "--", *_WANTED)
    names = [name for name in listed.stdout.split(b"\0") if _is_wanted(name)]
    if not names:
        raise UsageError(
            f"{repository}@{commit[:12]}: holds no arch/x86/kvm; name a revision of a kernel"
        )
    archive = folder.with_suffix(".tar")
    command = ["archive", "--format=tar", f"--output={archive}", commit, "--"]
    done = _git(repository, *command, *(name.decode() for name in names))
    if done.returncode:
        raise UsageError(f"{repository}@{commit[:12]}: cannot be read: {_last(done.stderr)}")
    shutil.unpack_archive(archive, folder, filter="data")
    archive.unlink()


def _is_wanted(name: bytes) -> bool:
    return name.endswith((b".c", b".h", b"Makefile")) and name.isascii()


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


def _diff(path: Path) -> bytes:
    """Return the contents of a patch file: a diff, or decoded mails.

    Errors: UsageError if it cannot be read or has no diff.
    """
    try:
        data = files.read_bytes(path, _LARGEST_PATCH)
    except OSError as error:
        raise UsageError(f"--patch {path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise UsageError(f"--patch {path}: {error}") from error
    data = data.replace(b"\r\n", b"\n")
    starts = [match.start() for match in _FROM.finditer(data)]
    if not starts and re.match(rb"[A-Za-z-]+: ", data):
        starts = [0]  # one mail, saved without its envelope
    text = data
    if starts:
        mails = (data[a:b] for a, b in pairwise([*starts, len(data)]))
        text = b"\n".join(part for mail in mails for part in _bodies(mail))
    if b"\n+++ " not in b"\n" + text:
        raise UsageError(f"--patch {path}: holds no diff; give a diff, or mails with diffs")
    return text


def _bodies(mail: bytes) -> Iterator[bytes]:
    message: Message = email.message_from_bytes(re.sub(rb"\AFrom .*\n", b"", mail))
    for part in message.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload.replace(b"\r\n", b"\n")


def _apply(path: Path, diff: bytes, folder: Path) -> None:
    """Apply a patch to a copy; changes to files that pyfuzz does not read are left out."""
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    touched = {
        name
        for old, name in _CHANGED.findall(diff.decode("latin-1"))
        if name in there or (old == "/dev/null" and name.startswith("arch/x86/kvm/"))
    }
    if not touched:
        raise UsageError(
            f"--patch {path}: changes nothing that pyfuzz reads of this kernel "
            "(arch/x86/kvm and the headers it needs)"
        )
    includes = [f"--include={name}" for name in sorted(touched)]
    # The build folder may be inside a repository, which git apply must not look at.
    apart = {"LC_ALL": "C", "GIT_CEILING_DIRECTORIES": str(folder.parent.resolve())}
    try:
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", *includes, "-"],
            cwd=folder,
            input=diff,
            capture_output=True,
            check=False,
            env={**os.environ, **apart},
        )
    except FileNotFoundError:
        raise UsageError(
            f"--patch {path}: patches are applied with git, which is not installed"
        ) from None
    if done.returncode:
        raise UsageError(f"--patch {path}: does not apply: {_last(done.stderr)}")


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", "-C", str(repository), *arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        raise UsageError(
            f"{repository}@…: a revision is read with git, which is not installed"
        ) from None


def _last(stderr: bytes) -> str:
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[0].removeprefix("error: ")[:_SHOWN] if lines else "git gives no reason"
