# SPDX-License-Identifier: GPL-2.0-only
"""The sanitizer worker: replays what the others keep, with AddressSanitizer.

A sanitizer makes every execution several times slower, and most executions
show nothing new.  So the others fuzz without one, and each input that they
keep is replayed once with it, without counting as an execution.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pyfuzz.module.compiled import Module
    from pyfuzz.sequence.input import Encoding

_IDLE_S = 0.3
# Lower priority than the workers that fuzz: it only has seconds of work per minute.
_NICE = 5


def check_for_ever(module: Module, corpus: Path, checked: Path, encoding: Encoding) -> NoReturn:
    """Run each input of a corpus folder once, as it arrives; record its name first.

    An input that kills this process is therefore not run again by the next one.
    """
    os.nice(_NICE)
    done = set(read_checked(checked))
    with checked.open("a", encoding="ascii") as file:
        while True:
            new = [name for name in _names(corpus) if name not in done]
            for name in new:
                data = _read(corpus / name)
                file.write(f"{name}\n")
                file.flush()
                done.add(name)
                module.run(data, faults=encoding.faults)
            if not new:
                time.sleep(_IDLE_S)


def read_checked(checked: Path) -> Iterator[str]:
    """Yield the names of the inputs that were run; the last one may still be running."""
    with suppress(FileNotFoundError):
        yield from checked.read_text(encoding="ascii").splitlines()


def unchecked(corpus: Path, checked: Path) -> int:
    """Return how many inputs of a corpus folder have not been run yet."""
    return len(set(_names(corpus)) - set(read_checked(checked)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""  # moved away in the meantime; an empty sequence does nothing


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))
