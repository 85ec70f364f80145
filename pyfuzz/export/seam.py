# SPDX-License-Identifier: GPL-2.0-only
"""How a target's functions are called, read off the macros at the end of its file.

These macros are what csrc/worlds/lists/adapter.h turns into the harness's table; here
they become plain calls in a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pyfuzz.errors import HarnessError
from pyfuzz.export.flatten import Line
from pyfuzz.worlds.lists.operation import FORMS, Opcode

_MACRO = re.compile(r"#define (PYFUZZ_[A-Z_]+)\(([^)]*)\)\s+(.*)", re.DOTALL)
_VALUE = re.compile(r"#define (PYFUZZ_[A-Z_]+)(?:\s+(.*))?", re.DOTALL)
_ITER_TYPE = "PYFUZZ_ITER_TYPE"

# The macro that an operation cannot do without: its function's name, in capitals.
_NEEDS = {
    opcode: "ITER_FIRST" if form.call == "iterate" else form.call.upper()
    for opcode, form in FORMS.items()
    if form.call
}
_ALWAYS = tuple(op for op in FORMS if op not in _NEEDS and op is not Opcode.FAULT)


@dataclass(frozen=True, slots=True)
class Seam:
    """The calls by their name (``ADD``: parameters, body), and what else is defined."""

    calls: dict[str, tuple[tuple[str, ...], str]]
    values: dict[str, str]

    @property
    def opcodes(self) -> frozenset[Opcode]:
        """What the target can be asked to do."""
        return frozenset((*_ALWAYS, *(op for op, name in _NEEDS.items() if name in self.calls)))

    @property
    def rmap_add_recycles(self) -> bool:
        """Whether rmap_add zaps a list that has grown too long, or its caller does."""
        return "PYFUZZ_RMAP_ADD_RECYCLES" in self.values

    @property
    def iterator(self) -> str:
        """The type of an iterator."""
        return self.values.get(_ITER_TYPE, "struct rmap_iterator")

    def call(self, name: str, vm: str, **arguments: str) -> str:
        """Return the call as C, without a semicolon; ``vm`` is whose kvm, vcpu, cache and slot."""
        parameters, text = self.calls[name]
        for member, own in _OWN.items():
            text = text.replace(f"(c)->{member}", f"the_{own}({vm})")
        names = [name for name in parameters if name != "c"]
        return re.sub(rf"\b({'|'.join(names)})\b", lambda match: arguments[match[1]], text)


# What the harness passes for a VM, and the function that returns it in the C file.
_OWN = {"kvm": "vm", "vcpu": "vcpu", "cache": "cache", "slot": "slot"}


def split(lines: Iterable[Line]) -> tuple[list[Line], Seam]:
    """Take the macros of the seam out of a target's text."""
    kept: list[Line] = []
    calls: dict[str, tuple[tuple[str, ...], str]] = {}
    values: dict[str, str] = {}
    for line in lines:
        text = re.sub(r"\s*\\\n\s*", " ", line.text)
        macro, value = _MACRO.fullmatch(text), _VALUE.fullmatch(text)
        if macro and macro[1].removeprefix("PYFUZZ_") in _ROLES:
            parameters = tuple(name.strip() for name in macro[2].split(","))
            calls[macro[1].removeprefix("PYFUZZ_")] = parameters, macro[3].strip()
            continue
        if value:
            values[value[1]] = (value[2] or "").strip()
            if value[1].endswith("_NAME") or value[1] == _ITER_TYPE:
                continue
        kept.append(line)
    for name in ("ADD", "REMOVE"):
        if name not in calls:
            raise HarnessError(f"the target's file does not define PYFUZZ_{name}; please report")
    return kept, Seam(calls, values)


_ROLES = frozenset((*_NEEDS.values(), "ITER_NEXT"))
