# SPDX-License-Identifier: GPL-2.0-only
"""Which builds are the same target, so that their inputs mean the same."""

from __future__ import annotations

import hashlib
import re

from pyfuzz import paths
from pyfuzz.errors import HarnessError
from pyfuzz.sequence.input import Encoding
from pyfuzz.target.catalogue import Target

# Where the kernel's file lies on this machine: #line, and the comment that names it.
_PLACE = re.compile(rb'(?m)^(#line \d+ )"[^"\n]*?([^"/\n]*)"|^(/\* )/[^\n]*?([^/\n]* \*/)$')
_LENGTH = 32


def target_hash(target: Target, encoding: Encoding) -> str:
    """Return the name of a target's folder in a share.

    It is made of the C code, of the defines, of the world, of whether inputs plant faults,
    and of every C file of pyfuzz that decides what an input does; not of the compiler,
    nor of where the kernel lies.
    Errors: HarnessError if a source cannot be read.
    """
    digest = hashlib.sha256()
    for part in (target.world, str(encoding.faults), *target.defines):
        digest.update(part.encode() + b"\0")
    try:
        digest.update(_PLACE.sub(rb"\1\2\3\4", target.source.read_bytes()))
        for path in sorted(paths.csrc().rglob("*.*")):
            if path.suffix in (".c", ".h", ".def") and path != target.source:
                own = path.relative_to(paths.csrc()).as_posix()
                if path.suffix != ".c" or not own.startswith("ports/"):
                    digest.update(own.encode() + b"\0" + path.read_bytes())
    except OSError as error:
        raise HarnessError(f"{error.filename} cannot be read: {error.strerror}") from error
    return digest.hexdigest()[:_LENGTH]
