# SPDX-License-Identifier: GPL-2.0-only
"""The pages world means the same in C and in Python."""

from __future__ import annotations

import random
import re

import pytest

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.sequence import text as sequence_text
from pyfuzz.target import catalogue
from pyfuzz.worlds.pages import binary, module
from pyfuzz.worlds.pages.operation import (
    FORMS,
    FRAMES,
    PAGES,
    Mode,
    Opcode,
    Operation,
    check,
    path,
)
from pyfuzz.worlds.pages.text import EXAMPLES, HEADER, format_operation, parse_words


@pytest.fixture(scope="module")
def port() -> module.PagesModule:
    return module.load(catalogue.get("pages"))


def some_bytes(seed: int, operations: int) -> bytes:
    return random.Random(seed).randbytes(4 * operations)


def test_operations_are_those_of_the_table_in_c() -> None:
    table = (paths.csrc() / "worlds/pages/operations.def").read_text()
    rows = re.findall(r'^OP\((\w+), "([\w-]+)", (\w+), (\d+), \w+\)$', table, re.MULTILINE)

    assert rows == [
        (opcode.name, form.word, form.operands.name, str(form.share))
        for opcode, form in FORMS.items()
    ]
    assert sum(form.share for form in FORMS.values()) == 64


def test_frames_and_addresses_are_those_of_the_harness(port: module.PagesModule) -> None:
    assert list(FRAMES) == [port.frame_gfn(number) for number in range(len(FRAMES))]
    assert [port.gva(page, Mode.LEVEL4) for page in range(PAGES)] == [
        i4 << 39 | i3 << 30 | i2 << 21 | i1 << 12 for i4, i3, i2, i1 in map(path, range(PAGES))
    ]


def test_port_says_that_its_walker_is_ours(port: module.PagesModule) -> None:
    assert "pyfuzz" == port.walker


def test_bytes_decode_in_python_as_in_c(port: module.PagesModule) -> None:
    data = some_bytes(1, 5000)

    assert binary.decode(data) == [port.decode(data[at : at + 4]) for at in range(0, len(data), 4)]


def test_decoded_operations_encode_to_what_decodes_to_them() -> None:
    operations = binary.decode(some_bytes(2, 5000))

    assert {op.opcode for op in operations} == set(Opcode)
    assert binary.decode(binary.encode(operations)) == operations


def test_incomplete_last_operation_is_ignored() -> None:
    assert binary.decode(some_bytes(3, 2)[:7]) == binary.decode(some_bytes(3, 2)[:4])


def test_text_of_any_operation_reads_back_as_it() -> None:
    operations = binary.decode(some_bytes(4, 5000))
    text = f"{HEADER}\n{sequence_text.format_text(operations)}"

    assert sequence_text.parse(text, "made up") == operations


@pytest.mark.parametrize("opcode", Opcode)
def test_example_of_an_error_is_an_operation(opcode: Opcode) -> None:
    with pytest.raises(Exception, match="write for example") as caught:
        parse_words([FORMS[opcode].word])
    example = str(caught.value).split("write for example: ")[1]

    assert format_operation(parse_words(example.split())) == example


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("touch vm0", "an operation must be one of"),
        ("access vm2 cpu0 read 0:0:0:0", "the VM of access must be vm0 to vm1, is 'vm2'"),
        ("access vm0 cpu0 jump 0:0:0:0", "must be read or write or fetch, is 'jump'"),
        ("access vm0 cpu0 read 0:0:0:7", "the page of access must be"),
        ("access vm0 cpu0 read 0:0:0", "must be four indices"),
        ("poke vm0 cpu0 0:0:2 table 0x203", "the gfn of poke must be one of 0x10"),
        ("poke vm0 cpu0 0:0:2 frame 0x203", "must be nothing or table or large or no-table"),
        ("unmap vm0 0x203 1G", "the size of unmap must be 4K or 2M or slot, is '1G'"),
        ("zap-all vm0 now", "must be after what it needs, is 'now'"),
    ],
)
def test_wrong_line_is_refused_with_the_rule_and_its_place(line: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=re.escape(wrong)) as caught:
        sequence_text.parse(f"{HEADER}\n{line}\n", "a.seq")

    assert str(caught.value).startswith("a.seq:2: ")


def test_operation_out_of_range_is_refused() -> None:
    with pytest.raises(UsageError, match="the frame of root must be 0 to 13, is 14"):
        check(Operation(Opcode.ROOT, frame=14))


def test_examples_name_each_kind_of_operands_once() -> None:
    assert len(set(EXAMPLES.values())) >= len(EXAMPLES) - 1
