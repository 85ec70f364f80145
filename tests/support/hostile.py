# SPDX-License-Identifier: GPL-2.0-only
"""Code of a target that means harm; it needs no declarations."""

from __future__ import annotations

from plants import Edit

ITERATOR = "struct rmap_iterator {"
ERROR = "KVM_BUG_ON_DATA_CORRUPTION(true, kvm);"


def call(number: int, *arguments: str) -> str:
    """Return a system call as a source can make it without any declaration."""
    first, second, third = [*arguments, "0", "0", "0"][:3]
    return (
        f'({{ long r; asm volatile("syscall" : "=a"(r) : "0"({number}L), "D"((long)({first})), '
        f'"S"((long)({second})), "d"((long)({third})) : "rcx", "r11", "memory"); r; }})'
    )


def on_error(code: str) -> Edit:
    return Edit("ports/headdesc.h", ERROR, f"{code}; {ERROR}")


def at_load(code: str) -> Edit:
    hostile = f"static void __attribute__((constructor)) hostile(void) {{ {code}; }}\n"
    return Edit("ports/iterator.h", ITERATOR, hostile + ITERATOR)
