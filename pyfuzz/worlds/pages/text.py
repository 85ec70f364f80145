# SPDX-License-Identifier: GPL-2.0-only
"""The text form of an operation of the pages world, see docs/pages.md.

access vm0 cpu0 read 0:0:2:0        four indices: a page
poke vm0 cpu0 0:0:2 table 0x200     three indices: the PDE
unmap vm0 0x203 2M
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pyfuzz.world import LineError
from pyfuzz.worlds.pages.operation import (
    FORMS,
    FRAMES,
    SLOTS,
    SMALL_FRAMES,
    TABLES,
    VCPUS,
    VMS,
    Access,
    Bits,
    Mode,
    Opcode,
    Operands,
    Operation,
    Size,
    canonical,
    page_of,
    path,
    problem,
)

HEADER = "# pyfuzz sequence 2 pages"

_WORDS: dict[str, Opcode] = {form.word: opcode for opcode, form in FORMS.items()}
ACCESSES = {Access.READ: "read", Access.WRITE: "write", Access.FETCH: "fetch"}
MODES = {
    Mode.NONPAGING: "nonpaging",
    Mode.BITS32: "32bit",
    Mode.PAE: "pae",
    Mode.LEVEL4: "4level",
    Mode.LEVEL5: "5level",
    Mode.NESTED4: "nested4",
    Mode.NESTED5: "nested5",
}
SIZES = {Size.FRAME: "4K", Size.REGION: "2M", Size.SLOT: "slot"}
LEVEL_SIZES = {1: "4K", 2: "2M", 3: "1G"}
_FLAGS = {
    Bits.READ_ONLY: "read-only",
    Bits.SUPERVISOR: "supervisor",
    Bits.NX: "nx",
    Bits.NOT_ACCESSED: "not-accessed",
    Bits.NOT_DIRTY: "not-dirty",
}
# The words for the two values of ``on``, 0 and 1.
_SWITCHES = {
    Opcode.MODE: ("", "smm"),
    Opcode.SLOT_MOVE: ("back", "away"),
    Opcode.DIRTY_LOG: ("off", "on"),
    Opcode.CHANGE_PTE: ("read-only", "writable"),
    Opcode.PROTECT_MASKED: ("3", "64"),
    Opcode.HOST_SIZE: ("4K", "2M"),
}
# The same of host-size, for a frame of the slot of 1G.
_BIG_SIZES = ("4K", "2M", "1G")
EXAMPLES = {
    Operands.NONE: "vm0",
    Operands.PAGE: "vm0 cpu0 0:0:2:0",
    Operands.ACCESS: "vm0 cpu0 read 0:0:2:0",
    Operands.ENTRY: "vm0 cpu0 0:0:2 table 0x16",
    Operands.VCPU: "vm0 cpu0",
    Operands.ROOT: "vm0 cpu0 0x11",
    Operands.MODE: "vm0 cpu0 4level smm",
    Operands.SLOT: "vm0 slot1",
    Operands.MOVE: "vm0 slot3 away",
    Operands.SWITCH: "vm0 slot1 on",
    Operands.LEVEL: "vm0 slot1 4K",
    Operands.RANGE: "vm0 0x203 2M",
    Operands.NUMBER: "vm0 3",
}


def path_text(page: int, level: int = 1) -> str:
    """Format a page, or the entry of a level on the way to it, as indices."""
    return ":".join(str(index) for index in path(page)[: 5 - level])


def entry_words(op: Operation) -> list[str]:
    """Format what an entry becomes."""
    if op.bits & Bits.NOTHING:
        return ["nothing"]
    if op.level == 1:
        kind = "frame"
    elif op.bits & Bits.LARGE:
        kind = "large"
    else:
        kind = "no-table" if op.bits & Bits.ANY_FRAME else "table"
    return [kind, f"{op.gfn:#x}", *(word for bit, word in _FLAGS.items() if op.bits & bit)]


def format_operation(op: Operation) -> str:
    """Format one operation as a line of the text form, without a line end."""
    words = [op.form.word, f"vm{op.vm}"]
    members = op.form.operands.members
    if "vcpu" in members:
        words.append(f"cpu{op.vcpu}")
    if "slot" in members:
        words.append(f"smm-slot{op.slot}" if op.space else f"slot{op.slot}")
    match op.form.operands:
        case Operands.PAGE:
            words.append(path_text(op.page))
        case Operands.ACCESS:
            words += [ACCESSES[Access(op.access & 3)], path_text(op.page)]
            words += ["user"] if op.access & Access.USER else []
        case Operands.ENTRY:
            words += [path_text(op.page, op.level), *entry_words(op)]
            # If the walk ends early, it matters which page the entry leads to.
            words += [f"to={path_text(op.page)}"] if _needs_page(op) else []
        case Operands.ROOT:
            words.append(f"{op.gfn:#x}")
        case Operands.MODE:
            words.append(MODES[Mode(op.mode)])
        case Operands.LEVEL:
            words.append(LEVEL_SIZES[op.level])
        case Operands.RANGE:
            words += [f"{op.gfn:#x}", SIZES[Size(op.size)]]
        case Operands.FRAME:
            words.append(f"{op.gfn:#x}")
        case Operands.NUMBER:
            words.append(str(op.number))
    if "on" in members:
        words.append(_BIG_SIZES[op.on] if _can_be_1g(op) else _SWITCHES[op.opcode][op.on])
    return " ".join(word for word in words if word)


def _can_be_1g(op: Operation) -> bool:
    return op.opcode is Opcode.HOST_SIZE and op.frame >= SMALL_FRAMES


def _needs_page(op: Operation) -> bool:
    """Whether several pages have these indices; they then stand for the first one."""
    return _first_page(path(op.page)[: 5 - op.level]) != op.page


def _first_page(indices: tuple[int, ...]) -> int | None:
    return page_of((*indices, *(0,) * (4 - len(indices))))  # type: ignore[arg-type]


def parse_words(words: list[str]) -> Operation:
    """Parse the words of one line; raises LineError if they are not an operation."""
    opcode = _WORDS.get(words[0])
    if opcode is None:
        raise LineError(
            f"an operation must be one of {', '.join(sorted(_WORDS))}, is '{words[0]}'; "
            "see docs/pages.md"
        )
    reader = _Reader(opcode, words[1:])
    members = reader.members()
    if reader.rest:
        raise reader.error("end", "after what it needs", reader.rest[0])
    op = Operation(opcode, **members)
    if op.form.operands is Operands.ENTRY:
        op = canonical(op)
    what = problem(op)
    if what is not None:
        raise LineError(f"{what}; {reader.example()}")
    return op


class _Reader:
    """Parses the words of one line, one by one."""

    def __init__(self, opcode: Opcode, rest: list[str]) -> None:
        self.opcode = opcode
        self.form = FORMS[opcode]
        self.rest = rest

    def example(self) -> str:
        operands = self.form.operands
        text = EXAMPLES.get(operands)
        if operands is Operands.FRAME:
            text = f"vm0 0x203 {_SWITCHES[self.opcode][1]}"
        return f"write for example: {self.form.word} {text}"

    def error(self, part: str, rule: str, value: str) -> LineError:
        seen = f"is '{value}'" if value else "is missing"
        return LineError(f"the {part} of {self.form.word} must be {rule}, {seen}; {self.example()}")

    def take(self) -> str:
        return self.rest.pop(0) if self.rest else ""

    def number(self, letters: str, limit: int, part: str) -> int:
        value = self.take()
        found = re.fullmatch(re.escape(letters) + r"(0|[1-9]\d{0,3})", value, re.ASCII)
        if not found or int(found[1]) >= limit:
            raise self.error(part, f"{letters}0 to {letters}{limit - 1}", value)
        return int(found[1])

    def one_of(self, words: Mapping[Any, str], part: str) -> int:
        value = self.take()
        for number, word in words.items():
            if word == value:
                return int(number)
        raise self.error(part, " or ".join(words.values()), value)

    def frame(self, limit: int = len(FRAMES)) -> int:
        value = self.take()
        known = {f"{gfn:#x}": number for number, gfn in enumerate(FRAMES[:limit])}
        if value not in known:
            raise self.error("gfn", f"one of {', '.join(known)}", value)
        return known[value]

    def page(self, value: str) -> int:
        found = page_of(self.indices(value, 4))  # type: ignore[arg-type]
        if found is None:
            raise self.error("page", "0 or 1 : 0 or 1 : 0 to 3 : 0, 1, 2 or 511", value)
        return found

    def indices(self, value: str, least: int) -> tuple[int, ...]:
        found = re.fullmatch(r"\d{1,3}(?::\d{1,3}){0,3}", value, re.ASCII)
        indices = tuple(int(word) for word in value.split(":")) if found else ()
        if len(indices) < least:
            raise self.error("page", "four indices with ':' between", value)
        return indices

    def switch(self) -> int:
        off, on = _SWITCHES[self.opcode]
        if not off:
            if self.rest[:1] != [on]:
                return 0
            self.take()
            return 1
        return self.one_of({0: off, 1: on}, "last word")

    def members(self) -> dict[str, int]:
        operands = self.form.operands
        members = operands.members
        out = {"vm": self.number("vm", VMS, "VM")}
        if "vcpu" in members:
            out["vcpu"] = self.number("cpu", VCPUS, "vCPU")
        if "slot" in members:
            smm = bool(self.rest) and self.rest[0].startswith("smm-")
            out["space"] = int(smm)
            out["slot"] = self.number("smm-slot" if smm else "slot", SLOTS, "slot")
        more: dict[Operands, Callable[[], dict[str, int]]] = {
            Operands.PAGE: lambda: {"page": self.page(self.take())},
            Operands.ACCESS: self.access,
            Operands.ENTRY: self.entry,
            Operands.ROOT: lambda: {"frame": self.frame(TABLES)},
            Operands.MODE: lambda: {"mode": self.one_of(MODES, "mode")},
            Operands.LEVEL: lambda: {"level": self.one_of(LEVEL_SIZES, "size")},
            Operands.RANGE: lambda: {
                "frame": self.frame(),
                "size": self.one_of(SIZES, "size"),
            },
            Operands.FRAME: lambda: {"frame": self.frame()},
            Operands.NUMBER: lambda: {"number": self.number("", 256, "number")},
        }
        if operands in more:
            out |= more[operands]()
        if "on" in members:
            big = self.opcode is Opcode.HOST_SIZE and out["frame"] >= SMALL_FRAMES
            out["on"] = (
                self.one_of(dict(enumerate(_BIG_SIZES)), "last word") if big else self.switch()
            )
        return out

    def access(self) -> dict[str, int]:
        access = self.one_of(ACCESSES, "access")
        page = self.page(self.take())
        if self.rest[:1] == ["user"]:
            self.take()
            access |= Access.USER
        return {"access": access, "page": page}

    def entry(self) -> dict[str, int]:
        value = self.take()
        indices = self.indices(value, 1)
        level = 5 - len(indices)
        page = _first_page(indices)
        if page is None:
            raise self.error("page", "0 or 1 : 0 or 1 : 0 to 3 : 0, 1, 2 or 511", value)
        out = {"level": level, "frame": 0, "bits": 0}
        kinds = {"nothing": Bits.NOTHING, **({"frame": 0} if level == 1 else _KINDS)}
        kind = self.take()
        if kind not in kinds:
            raise self.error("entry", " or ".join(kinds), kind)
        out["bits"] = int(kinds[kind])
        if kind != "nothing":
            out["frame"] = self.frame(TABLES if kind == "table" else len(FRAMES))
        flags = {word: bit for bit, word in _FLAGS.items()}
        while self.rest and self.rest[0] in flags and kind != "nothing":
            out["bits"] |= flags[self.take()]
        if self.rest and self.rest[0].startswith("to="):
            page = self.page(self.take().removeprefix("to="))
            if path(page)[: len(indices)] != indices:
                raise self.error("page", f"one of {value}", path_text(page))
        return {**out, "page": page}


_KINDS: dict[str, int] = {"table": 0, "large": Bits.LARGE, "no-table": Bits.ANY_FRAME}
