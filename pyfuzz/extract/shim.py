# SPDX-License-Identifier: GPL-2.0-only
"""What the shim provides: where the closure of the extracted code ends."""

from __future__ import annotations

import re
from functools import cache

from pyfuzz import paths
from pyfuzz.extract.parse import Index
from pyfuzz.extract.source import SourceFile

_HEADERS = ("noop.h", "mirror.h", "instrumented.h", "extracted.h", "generic.h")

# The shim defines these for an mmu.c alone, unless the macro says that the
# user's tree does.
FROM_TREE = {
    "KVM_BUG": "PYFUZZ_HAVE_KVM_BUG",
    "KVM_BUG_ON": "PYFUZZ_HAVE_KVM_BUG_ON",
    "KVM_BUG_ON_DATA_CORRUPTION": "PYFUZZ_HAVE_KVM_BUG_ON_DATA_CORRUPTION",
    "kvm_vm_bugged": "PYFUZZ_HAVE_KVM_VM_BUGGED",
    "kvm_vm_dead": "PYFUZZ_HAVE_KVM_VM_BUGGED",
}

# Never taken, even if mmu.c defines them, and not worth a note: tracing, TLB
# flushes, lock assertions, audits.
QUIET = re.compile(
    r"trace_\w+|\w*flush_remote_tlbs?\w*|kvm_flush_tlb\w*|lockdep_\w+|kvm_mmu_audit"
    r"|\w*(?:rmap|pg|dbg)_?printk|might_\w+|_*mmu_audit\w*"
)

_ARITHMETIC = re.compile("bool|char|int|long|short|unsigned|signed")
# Keywords and builtins.
_LANGUAGE = re.compile(
    r"mem(?:set|cpy|move|cmp)|str(?:len|cmp)|offsetof|NULL|true|false|bool|s?size_t|u?intptr_t"
    r"|u?int(?:8|16|32|64)_t|va_\w+|__FILE__|__LINE__|__func__|__FUNCTION__"
    r"|(?:__)?typeof(?:__)?|(?:__)?asm(?:__)?|(?:__)?alignof(?:__)?|__attribute__"
    r"|_?[Ss]tatic_assert|_Generic|__builtin_\w+"
)


@cache
def provided(headers: tuple[str, ...] = _HEADERS) -> frozenset[str]:
    """Return all names that headers of the shim define (``struct x`` for tags)."""
    folder = paths.csrc() / "shim"
    files = [
        SourceFile(name, str(folder / name), (folder / name).read_text("latin-1"))
        for name in headers
    ]
    return Index(files, {}).names()


def is_member_type(name: str) -> bool:
    """Tell whether a member added to the shim's structures may have this type."""
    return name in provided(("mirror.h",)) or _ARITHMETIC.fullmatch(name) is not None


def is_provided(name: str) -> bool:
    """Tell whether the closure ends at this name."""
    return name in provided() or _LANGUAGE.fullmatch(name) is not None
