# SPDX-License-Identifier: GPL-2.0-only
"""Patches to a kernel: a diff, or mails with diffs, applied to a copy."""

from __future__ import annotations

import email
import os
import re
import subprocess
from collections.abc import Iterator
from email.message import Message
from itertools import pairwise
from pathlib import Path

from pyfuzz import files
from pyfuzz.errors import UsageError

_LARGEST_PATCH = 32 << 20
_FROM = re.compile(rb"^From \S+ .*\d{4}$", re.MULTILINE)
_CHANGED = re.compile(r"^--- (?:[^/\s]+/)?(\S+).*\n\+\+\+ [^/\s]+/(\S+)", re.MULTILINE)
_SHOWN = 300


def read(path: Path) -> bytes:
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


def apply(path: Path, diff: bytes, folder: Path) -> None:
    """Apply a patch to a copy; changes to files that are not in the copy are left out.

    Errors: UsageError if no file of the copy is changed, or if the patch does not apply.
    """
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    touched = {
        name
        for old, name in changed(diff)
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
        raise UsageError(f"--patch {path}: does not apply: {last_line(done.stderr)}")


def changed(diff: bytes) -> list[tuple[str, str]]:
    """Return the path of each changed file before and after; /dev/null for none."""
    return _CHANGED.findall(diff.decode("latin-1"))


def last_line(stderr: bytes) -> str:
    """Return what git says of a failure, in one line."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[0].removeprefix("error: ")[:_SHOWN] if lines else "git gives no reason"
