# SPDX-License-Identifier: GPL-2.0-only
"""Faults: each changes what it claims in the target's memory, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import operations

from pyfuzz.errors import UsageError
from pyfuzz.module.results import Skip
from pyfuzz.sequence import container
from pyfuzz.sequence.binary import decode, encode, split
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.sequence.text import format_text, parse
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists import faults
from pyfuzz.worlds.lists import module as lists_module
from pyfuzz.worlds.lists.faults import FAULTS
from pyfuzz.worlds.lists.memory import walk
from pyfuzz.worlds.lists.module import ListsModule
from pyfuzz.worlds.lists.operation import HEADS, VMS, Opcode, Operation

WITH_FAULTS = Encoding("lists", faults=True)
sequences = st.lists(operations(faults=True), max_size=12)
WILD = 0x6B6B6B6B6B6B6B68
# vm0 f3: [2] -> [14] -> [14]; vm0 f4: [3]; vm1 f3: [5] with s0 to s4.
LISTS = parse("add vm0 f3 s0 x30\nadd vm0 f4 s40 x3\nadd vm1 f3 s0 x5", "lists")


@dataclass(frozen=True)
class Memory:
    """What a fault can change: every head, the descriptors of every list."""

    heads: dict[tuple[int, int], int]
    counts: list[int | None]
    tails: list[int | None]
    slots: list[tuple[int, ...]]
    others: list[tuple[int, ...]]
    addresses: list[int]
    sptes: list[int]

    @classmethod
    def of(cls, module: ListsModule) -> Memory:
        places = [(vm, head) for vm in range(VMS) for head in range(HEADS)]
        here = walk(module, 0, 3).descriptors
        return cls(
            {place: module.head_value(*place) for place in places},
            [descriptor.spte_count for descriptor in here],
            [descriptor.tail_count for descriptor in here],
            [descriptor.sptes for descriptor in here],
            [walk(module, *place).sptes for place in places if place != (0, 3)],
            [descriptor.address for descriptor in here],
            [module.spte_value(vm, spte) for vm in range(2) for spte in range(64)],
        )


def planted(
    name: str, operand: int = 0, port: str = "v6.6"
) -> tuple[ListsModule, Memory, Memory, Skip]:
    """Build the lists, plant a fault in vm0 f3; return the memory before and after."""
    module = lists_module.load(catalogue.get(port))
    module.begin()
    for number, op in enumerate(LISTS):
        for step in range(op.repeat):
            module.step(op, number, step)
    before = Memory.of(module)
    fault = Operation(Opcode.FAULT, 0, 3, 0, operand, fault=faults.get(name).number)
    skip = module.step(fault, len(LISTS)).skip
    return module, before, Memory.of(module), skip


Check = Callable[[ListsModule, Memory, Memory], bool]
HERE = (0, 3)
CHANGES: dict[str, Check] = {
    "add-twice": lambda m, b, a: sum(map(len, a.slots)) == 31 and a.slots[0][:2] == b.slots[0],
    "add-to-two-heads": lambda m, b, a: a.others[3][-1] == m.spte_address(0, 0),
    "add-to-other-vm": lambda m, b, a: m.spte_address(0, 0) in a.others[HEADS + 3 - 1],
    "head-zero": lambda m, b, a: a.heads[HERE] == 0,
    "head-tag": lambda m, b, a: a.heads[HERE] == b.heads[HERE] ^ 1,
    "head-other-spte": lambda m, b, a: a.heads[HERE] == m.spte_address(0, 0),
    "head-freed": lambda m, b, a: (
        bool(a.heads[HERE] & 1) and not m.descriptor_live(a.heads[HERE] - 1)
    ),
    "head-other-vm": lambda m, b, a: a.heads[HERE] == b.heads[1, 3],
    "slot-null": lambda m, b, a: a.slots[0] == b.slots[0][1:],
    "slot-wild": lambda m, b, a: a.slots[0] == (WILD, b.slots[0][1]),
    "slot-other-spte": lambda m, b, a: a.slots[0][0] == m.spte_address(0, 0),
    "slot-other-vm": lambda m, b, a: a.slots[0] == (m.spte_address(1, 0), b.slots[0][1]),
    "slot-twice": lambda m, b, a: a.slots[0] == (b.slots[0][0],) * 2,
    "count-zero": lambda m, b, a: a.counts == [0, 14, 14],
    "count-less": lambda m, b, a: a.counts == [1, 14, 14],
    "count-more": lambda m, b, a: a.counts == [3, 14, 14],
    "count-over": lambda m, b, a: a.counts == [16, 14, 14],
    "count-huge": lambda m, b, a: a.counts == [2**31 - 1, 14, 14],
    "tail-wrong": lambda m, b, a: a.tails == [29, 14, 0],
    "tail-limit": lambda m, b, a: a.tails == [2**32 - 1, 14, 0],
    "more-null": lambda m, b, a: a.addresses == b.addresses[:1],
    "more-self": lambda m, b, a: "one that came before" in walk(m, 0, 3).defects[0],
    "more-freed": lambda m, b, a: "must be a live descriptor" in walk(m, 0, 3).defects[0],
    "more-other-list": lambda m, b, a: a.addresses[1] == b.heads[0, 4] - 1,
    "more-other-vm": lambda m, b, a: a.addresses[1] == b.heads[1, 3] - 1,
    "freed-linked": lambda m, b, a: not m.descriptor_live(b.addresses[0]),
    "reused-linked": lambda m, b, a: a.counts == [0] and m.descriptor_live(b.addresses[0]),
    "spte-cleared": lambda m, b, a: a.sptes == [0, *b.sptes[1:]],
    "wrong-gfn": lambda m, b, a: a.sptes == [0, *b.sptes[1:]] and a.slots == b.slots,
    "running-other": lambda m, b, a: a.sptes == [0, *b.sptes[1:]] and a.slots == b.slots,
    "running-none": lambda m, b, a: a.sptes == [0, *b.sptes[1:]] and a.slots == b.slots,
    "double-zap": lambda m, b, a: a == b,
    "cache-empty": lambda m, b, a: a == b,
    "cache-dirty": lambda m, b, a: a == b,
    "alloc-fails": lambda m, b, a: a == b,
}


@pytest.mark.parametrize("name", CHANGES)
def test_fault_changes_what_it_says(name: str) -> None:
    module, before, after, skip = planted(name)
    assert skip is Skip.RAN
    assert CHANGES[name](module, before, after)


def test_fault_locked_head_has_the_lock_bit() -> None:
    _, before, after, _ = planted("head-locked", port="v6.15")
    assert after.heads[HERE] == before.heads[HERE] | 2


def test_fault_names_and_causes_are_those_of_the_harness() -> None:
    module = lists_module.load(catalogue.get("v6.6"))
    assert module.faults() == [(fault.name, fault.cause) for fault in FAULTS]
    assert {*CHANGES, "head-locked"} == {fault.name for fault in FAULTS}


@pytest.mark.parametrize(
    ("name", "operand", "counts"), [("count-zero", 1, [2, 0, 14]), ("count-less", 5, [2, 14, 13])]
)
def test_fault_with_an_operand_changes_that_descriptor(
    name: str, operand: int, counts: list[int]
) -> None:
    assert planted(name, operand)[2].counts == counts


def test_fault_with_an_operand_changes_that_slot() -> None:
    _, before, after, _ = planted("slot-wild", 16 * 3 + 1)
    pairs = zip(before.slots[1], after.slots[1], strict=True)
    assert [slot for slot, (was, is_) in enumerate(pairs) if was != is_] == [3]


@pytest.mark.parametrize(
    ("port", "text", "name", "expected"),
    [
        ("v6.6", "count vm0 f3", "count-zero", Skip.NO_PLACE),
        ("v6.6", "add vm0 f3 s0", "slot-null", Skip.NO_PLACE),
        ("v6.6", "add vm0 f3 s0", "head-zero", Skip.RAN),
        ("v6.6", "add vm0 f3 s0", "head-other-spte", Skip.NO_PLACE),
        ("v6.6", "add vm0 f3 s0 x2", "more-null", Skip.NO_PLACE),
        ("v6.6", "add vm0 f3 s0 x2", "head-locked", Skip.UNSUPPORTED),
        ("v5.10", "add vm0 f3 s0 x2", "count-zero", Skip.UNSUPPORTED),
        ("rfc-v4", "add vm0 f3 s0 x2", "tail-wrong", Skip.UNSUPPORTED),
        ("v6.6", "destroy vm0", "head-zero", Skip.NO_VM),
    ],
)
def test_fault_without_anything_to_change_is_skipped(
    port: str, text: str, name: str, expected: Skip
) -> None:
    module = lists_module.load(catalogue.get(port))
    module.begin()
    for number, op in enumerate(parse(f"{text}\nfault vm0 f3 {name}", "test")):
        steps = [module.step(op, number, step) for step in range(op.repeat)]
    assert steps[-1].skip is expected
    assert (module.containment() is None) == (expected is not Skip.RAN)


def test_world_after_a_fault_starts_clean() -> None:
    module = lists_module.load(catalogue.get("v6.6"))
    module.set_hang_limit(30)
    clean = encode(parse("add vm0 f3 s0 x30\nremove vm0 f3 s0 x30\nenter vm0 cpu0", "clean"))
    for fault in FAULTS:
        for text in ("zap-all vm0 f3", "destroy vm0\ncreate vm0", "iterate vm0 f3"):
            faulty = f"add vm0 f3 s0 x30\nadd vm1 f3 s0 x3\nfault vm0 f3 {fault.name}\n{text}"
            module.run(encode(parse(faulty, "faulty")), faults=True)
            module.run(clean)
            assert module.last().findings == (), f"after {fault.name} and {text}"
            assert module.containment() is None


def test_vm_created_anew_after_a_fault_has_none_of_it() -> None:
    module = lists_module.load(catalogue.get("v6.6"))
    text = "add vm0 f3 s0 x30\nfault vm0 f3 count-huge\ndestroy vm0\ncreate vm0\nadd vm0 f3 s0 x3"
    module.run(encode(parse(text.replace("count-huge", "head-zero"), "test")), faults=True)
    result = module.containment()
    assert result is not None
    assert (result.destroyed, result.leaked, module.last().findings) == (True, 3, ())


@given(sequences)
def test_faults_survive_the_binary_and_the_text_form(ops: list[Operation]) -> None:
    assert decode(encode(ops), WITH_FAULTS) == split(ops)
    assert parse(format_text(ops), "formatted") == ops


@given(st.binary(max_size=64))
def test_decode_any_bytes_with_faults_is_the_same_in_c(data: bytes) -> None:
    module = lists_module.load(catalogue.get("v6.6"))
    module.set_faults(on=True)
    whole = len(data) // 4 * 4
    by_c = [module.decode(data[at : at + 4]) for at in range(0, whole, 4)]
    module.set_faults(on=False)
    assert by_c == decode(data, WITH_FAULTS)
    assert decode(encode(by_c), WITH_FAULTS) == by_c


def test_decode_without_faults_ignores_bit_7() -> None:
    assert format_text(decode(bytes.fromhex("80 03 11 00"))) == "add vm0 f3 s17\n"
    assert format_text(decode(bytes.fromhex("8d 03 11 00"), WITH_FAULTS)) == (
        "fault vm0 f3 count-zero 17\n"
    )


def test_container_keeps_that_a_sequence_has_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.pyfz"
    ops = parse("add vm0 f3 s1\nfault vm0 f3 head-zero", "test")
    path.write_bytes(container.pack(Input.of(ops)))
    file = container.read(path)
    assert (list(file.operations), file.faults) == (ops, True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("fault vm0 f3", "the fault of fault must be a name, is missing; write for example: fault"),
        ("fault vm0 f3 count-zer", "there is no fault 'count-zer': did you mean count-zero"),
        ("fault vm0 f3 count-zero s1", "the number of fault must be 0 to 2047, is 's1'"),
        ("fault vm0 f3 count-zero 2048", "the number of fault must be 0 to 2047, is '2048'"),
        ("fault vm0 f3 count-zero 1 x2", "nothing more must follow fault, 'x2' does"),
        ("fault vm0 count-zero", "the head of fault must be f0 to f15 or p0 to p3"),
    ],
)
def test_parse_wrong_fault_says_what_is_wrong(line: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"^x:1: {message}"):
        parse(line, "x")


def test_faults_by_group_are_all_there() -> None:
    assert sorted(faults.BY_GROUP, key=lambda fault: fault.number) == list(FAULTS)
