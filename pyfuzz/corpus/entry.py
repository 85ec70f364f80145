# SPDX-License-Identifier: GPL-2.0-only
"""Entries of a corpus folder: recognising and reading them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.sequence import binary, container
from pyfuzz.sequence.input import DEFAULT, Encoding, Input

if TYPE_CHECKING:
    from pathlib import Path

_SHA1 = re.compile(r"[0-9a-f]{40}")


def read_input(path: Path, encoding: Encoding = DEFAULT) -> Input:
    """Read an entry; ``encoding`` is that of engine inputs, which do not state it.

    A file named like libFuzzer's inputs, by the SHA-1 of its content, is an engine
    input, even if its bytes happen to look like text.
    Errors: UsageError that names the file, what is wrong with it and a remedy.
    """
    if not _SHA1.fullmatch(path.name):
        return container.read(path, encoding).input
    data = container.read_bytes(path)
    if name_of(data) != path.name:
        raise UsageError(
            f"{path}: must be named by the SHA-1 of its content, is not: it is damaged; "
            "get the file again from its source, or delete it"
        )
    if len(data) > binary.MAX_BYTES:
        raise UsageError(
            f"{path}: an engine input must have at most {binary.MAX_BYTES} bytes, has "
            f"{len(data)}; shorten it or delete it"
        )
    return Input(data, encoding)


def is_named(path: Path) -> bool:
    """Tell whether a file has the name of a corpus entry: a SHA-1, or .pyfz, or .seq."""
    return bool(_SHA1.fullmatch(path.name)) or path.suffix in (".pyfz", ".seq")


def seeds_in(corpus: Path, of: str) -> set[Path]:
    """Return where a world's shipped seeds are in a campaign's corpus, there or not."""
    folder = paths.corpus() / "seeds"
    seeds = container.read_folder(folder, lambda _: None) if folder.is_dir() else []
    return {corpus / name_of(seed.payload) for seed in seeds if seed.input.encoding.world == of}


def name_of(data: bytes) -> str:
    """Return the name that libFuzzer gives an input."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
