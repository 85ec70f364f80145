# SPDX-License-Identifier: GPL-2.0-only
"""The binary form of sequences, and that it is equivalent to the text form."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import operations

from pyfuzz.errors import UsageError
from pyfuzz.sequence.binary import decode, encode, max_operations, split
from pyfuzz.sequence.text import format_text, parse
from pyfuzz.worlds.lists.operation import SPTES, Opcode, Operation

sequences = st.lists(operations(), max_size=12)


def unrolled(ops: list[Operation]) -> list[tuple[Opcode, int, int, int, int]]:
    """Write out every repetition, which is what a sequence means."""
    return [
        (op.opcode, op.vm, op.head, op.head_vm, op.operand_at(step))
        for op in ops
        for step in range(op.repeat)
    ]


@given(st.binary(max_size=64))
def test_decode_any_bytes_gives_one_operation_every_four(data: bytes) -> None:
    assert len(decode(data)) == len(data) // 4


@given(st.binary(max_size=64))
def test_pack_of_show_any_bytes_decodes_to_the_same(data: bytes) -> None:
    assert decode(encode(parse(format_text(decode(data)), "shown"))) == decode(data)


@given(st.binary(max_size=64))
def test_encode_decoded_bytes_gives_one_canonical_form(data: bytes) -> None:
    canonical = encode(decode(data))
    assert len(canonical) == len(data) // 4 * 4
    assert encode(decode(canonical)) == canonical


@given(sequences)
def test_decode_encoded_operations_gives_them_back_split(ops: list[Operation]) -> None:
    assert decode(encode(ops)) == split(ops)


@given(sequences)
def test_parse_formatted_operations_gives_them_back(ops: list[Operation]) -> None:
    assert parse(format_text(ops), "formatted") == ops


@given(sequences)
def test_text_canonical_survives_the_binary_form(ops: list[Operation]) -> None:
    text = format_text(split(ops))
    assert format_text(decode(encode(parse(text, "text")))) == text


@pytest.mark.slow
@given(sequences)
def test_split_counts_without_a_code_is_the_same_sequence(ops: list[Operation]) -> None:
    assert unrolled(split(ops)) == unrolled(ops)


@pytest.mark.parametrize(
    ("count", "pieces"),
    [
        (1, [1]),
        (49, [49]),
        (50, [49, 1]),
        (56, [56]),
        (99, [70, 29]),
        (100, [100]),
        (1001, [1001]),
        (1002, [1001, 1]),
        (2048, [1001, 1001, 46]),
    ],
)
def test_split_count_gives_the_largest_pieces_first(count: int, pieces: list[int]) -> None:
    ops = split([Operation(Opcode.ADD, operand=2000, repeat=count)])
    assert [op.repeat for op in ops] == pieces
    starts = [(2000 + sum(pieces[:n])) % SPTES for n in range(len(pieces))]
    assert [op.operand for op in ops] == starts


def test_decode_of_the_codes_gives_each_opcode_its_share() -> None:
    shares = Counter(decode(bytes([code, 0, 0, 0]))[0].opcode for code in range(32))
    assert set(shares) == set(Opcode) - {Opcode.FAULT}
    assert (shares[Opcode.ADD], shares[Opcode.REMOVE], shares[Opcode.RMAP_ADD]) == (5, 4, 3)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("00 23 11 00", "add vm0 f3 s273"),
        ("80 03 11 00", "add vm0 f3 s17"),
        ("25 00 02 ff", "remove vm1 f0 #2 x1001"),
        ("69 17 09 00", "remove vm3 vm0:f3 s9"),
        ("69 1f 09 c8", "remove vm3 vm2:f3 s9 x2"),
        ("00 1f 00 f8", "add vm0 f15 s0 x56"),
        ("0f ff ff 00", "parent-add vm0 p3 s2047"),
        ("0c ff ff f7", "zap-all vm0 f15 x49"),
        ("3b 0f 01 00", "rmap-remove-off vm1 f15 #1"),
        ("3c ff ff ff", "enter vm1 cpu1"),
        ("7d ff 01 ff", "context kworker"),
        ("7d ff 03 ff", "context vm3 cpu1"),
        ("5f ff ff ff", "destroy vm2"),
    ],
)
def test_decode_known_bytes_gives_the_documented_operation(data: str, line: str) -> None:
    assert format_text(decode(bytes.fromhex(data))) == line + "\n"


@pytest.mark.parametrize(
    "op",
    [
        Operation(Opcode.ADD, vm=4),
        Operation(Opcode.ADD, head=20),
        Operation(Opcode.PARENT_ADD, head=3),
        Operation(Opcode.RMAP_ADD, head=16),
        Operation(Opcode.ADD, vm=1, head_vm=0),
        Operation(Opcode.REMOVE_STRAY, head=4, head_vm=1),
        Operation(Opcode.ADD, operand=2048),
        Operation(Opcode.COUNT, operand=1),
        Operation(Opcode.CONTEXT, vm=1, head_vm=1, operand=1),
        Operation(Opcode.ENTER, repeat=2),
        Operation(Opcode.ADD, repeat=0),
    ],
    ids=repr,
)
def test_encode_operation_that_breaks_a_rule_is_an_error(op: Operation) -> None:
    with pytest.raises(UsageError, match=r"is not an operation: .* must|cannot"):
        encode([op])


def test_encode_most_operations_fills_one_input() -> None:
    assert len(encode([Operation(Opcode.ADD)] * max_operations())) == 4096
