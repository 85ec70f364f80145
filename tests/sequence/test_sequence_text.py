# SPDX-License-Identifier: GPL-2.0-only
"""The text form: what it accepts, and what its errors say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfuzz.errors import UsageError
from pyfuzz.sequence.text import format_text, parse
from pyfuzz.worlds.lists.operation import Opcode, Operation


def test_parse_every_word_gives_its_opcode() -> None:
    lines = [
        "add vm0 f3 s17 x40",
        "remove vm0 f3 #2",
        "remove vm0 p3 s9",
        "remove vm0 vm1:f2 s9",
        "zap-one vm0 f3 #2",
        "zap-one vm0 f3 s9",
        "zap-all vm1 f15",
        "count vm0 f3",
        "iterate vm0 p0 x3",
        "parent-add vm0 p1 s5",
        "parent-remove vm0 p1 #0",
        "parent-remove vm0 p1 s5",
        "parent-drop vm0 p1 #0",
        "parent-unlink vm0 p1",
        "rmap-add vm0 f3 s17",
        "rmap-remove vm0 f3 #1",
        "rmap-remove vm0 f3 s9",
        "rmap-remove-off vm0 f3 #1",
        "enter vm0 cpu1",
        "context own",
        "context kworker",
        "context vm1 cpu0",
        "create vm2",
        "destroy vm2",
        "fault vm1 p2 count-zero",
        "fault vm1 f3 slot-wild 17",
    ]
    ops = parse("\n".join(lines), "all")
    assert {op.opcode for op in ops} == set(Opcode)
    assert format_text(ops).splitlines() == lines


def test_parse_blanks_and_comments_are_ignored() -> None:
    text = "# pyfuzz sequence 1\n\n  # s1\n\tadd  vm0\tf3 s17  x1  # x40 is too long\t\r\n"
    assert parse(text, "x") == [Operation(Opcode.ADD, head=3, operand=17)]


def test_parse_number_sign_after_two_blanks_is_a_comment_not_a_member() -> None:
    with pytest.raises(UsageError, match=r"the operand of remove must be .* is missing"):
        parse("remove vm0 f3  #2", "x")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ad vm0 f3 s1", "an operation must be one of add, .*, zap-one, is 'ad'; see docs"),
        ("add", "the VM of add must be vm0 to vm3, is missing; write for example: add vm0 f3 s17"),
        ("add vm4 f3 s1", "the VM of add must be vm0 to vm3, is 'vm4'"),
        ("add vm0 f16 s1", "the head of add must be f0 to f15 or p0 to p3, is 'f16'"),
        ("add vm0 p4 s1", "the head of add must be f0 to f15 or p0 to p3, is 'p4'"),
        ("parent-add vm0 f1 s1", "the head of parent-add must be p0 to p3, is 'f1'"),
        ("rmap-add vm0 p1 s1", "the head of rmap-add must be f0 to f15, is 'p1'"),
        ("add vm0 vm1:f2 s3", "add cannot name another VM's head, names vm1"),
        ("remove vm0 vm1:f5 s3", "another VM's head must be f0 to f3 of vm0 to vm3, is 5 of vm1"),
        ("add vm0 f3 s2048", "the operand of add must be s0 to s2047, is 's2048'"),
        ("add vm0 f3 s07", "the operand of add must be s0 to s2047, is 's07'"),
        ("add vm0 f3 #1", r"the operand of add must be an SPTE \(s0 to s2047\), is '#1'"),
        ("add vm0 f3 s1 x0", "the count of add must be x1 to x65535, is 'x0'"),
        ("enter vm0 cpu2", "the vCPU of enter must be cpu0 to cpu1, is 'cpu2'"),
        ("enter vm0 cpu1 x3", "enter cannot be repeated, is 'x3'"),
        ("context vm1", "context must be followed by own, kworker, or .* by 'vm1'"),
        ("context vm1 cpu9", "the vCPU of context must be cpu0 to cpu1, is 'cpu9'"),
        ("create vm0 vm1", "nothing more must follow create, 'vm1' does"),
        ("count vm0 f3 # x", "a comment must follow two spaces, '#' follows one"),
        ("# pyfuzz sequence 2", "the sequence's version must be 1, is '2'"),
        ("add vm\N{ARABIC-INDIC DIGIT THREE} f3 s1", "the VM of add must be vm0 to vm3"),
    ],
)
def test_parse_wrong_line_names_rule_value_and_place(line: str, message: str) -> None:
    with pytest.raises(UsageError, match=rf"^x\.seq:3: {message}") as caught:
        parse(f"# two lines before\ncount vm0 f3\n{line}\n", "x.seq")
    assert "\n" not in str(caught.value)


@given(st.text(max_size=40) | st.text(alphabet="admov-xscpf0123 #\n:", max_size=40))
def test_parse_any_text_is_read_or_is_a_usage_error(text: str) -> None:
    try:
        ops = parse(text, "x")
    except UsageError as error:
        said = str(error)
    else:
        said = "x:"
        assert parse(format_text(ops), "again") == ops
    assert said.startswith("x:")
