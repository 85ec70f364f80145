# SPDX-License-Identifier: GPL-2.0-only
"""The shape of a sequence: what it does, without the numbers that do not matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from pyfuzz.worlds.pages.operation import Operands, Operation
from pyfuzz.worlds.pages.text import format_operation

Shape = tuple[str, ...]
# What would not make a file's name clearer: a VM, a vCPU, a page, a gfn, a count.
_NUMBERS = re.compile(r"[vcp]\d+:*|x\d+|0x[0-9a-f]+")


def shape(operations: Iterable[Operation]) -> Shape:
    """Return a line for each run of similar operations.

    VMs, vCPUs and pages are numbered in the order of their first use; frames and
    slots keep their names, since each of them is different.
    """
    vms: dict[int, int] = {}
    vcpus: dict[tuple[int, int], int] = {}
    pages: dict[tuple[int, int], int] = {}

    def line(op: Operation) -> str:
        words = format_operation(op).split()
        members = op.form.operands.members
        words[1] = f"v{vms.setdefault(op.vm, len(vms))}"
        if "vcpu" in members:
            words[2] = f"c{vcpus.setdefault((op.vm, op.vcpu), len(vcpus))}"
        if "page" in members:
            at = 4 if op.form.operands is Operands.ACCESS else 3
            number = pages.setdefault((op.vm, op.page), len(pages))
            words[at] = f"p{number}" + ":" * words[at].count(":")
            words = [word for word in words if not word.startswith("to=")]
        return " ".join(words)

    runs = ((text, len(list(like))) for text, like in groupby(map(line, operations)))
    return tuple(text if times == 1 else f"{text} x{times}" for text, times in runs)


def naming(operations: Sequence[Operation], operation: int) -> list[str]:
    """Return what an operation does, in words for the name of a file: ``poke table``."""
    words = shape(operations[: operation + 1])[-1].split()
    return [word for word in words if not _NUMBERS.fullmatch(word)]
