# SPDX-License-Identifier: GPL-2.0-only
"""The minimiser: shortest, simplest, deterministic, and never a different finding."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import operations

from pyfuzz.errors import UsageError
from pyfuzz.finding.minimize import choose, minimize_in, shrink
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.binary import decode, encode
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import format_text, parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.known_findings import Known
from pyfuzz.worlds.lists.operation import Opcode, Operation
from pyfuzz.worlds.lists.simplify import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Shows: TypeAlias = Callable[[bytes], bool]

MANY = decode(random.Random(1).randbytes(1024))


def has(*opcodes: Opcode) -> Shows:
    """A predicate: the sequence has operations with these opcodes, in this order."""

    def shows(payload: bytes) -> bool:
        left = iter(decode(payload))
        return all(any(op.opcode is opcode for op in left) for opcode in opcodes)

    return shows


def adds(steps: int) -> Shows:
    """A predicate: the sequence adds so many times to one list."""

    def shows(payload: bytes) -> bool:
        counts: dict[tuple[int, int], int] = {}
        for op in decode(payload):
            if op.opcode is Opcode.ADD:
                counts[op.vm, op.head] = counts.get((op.vm, op.head), 0) + op.repeat
        return max(counts.values(), default=0) >= steps

    return shows


@settings(max_examples=40, deadline=None)
@given(st.lists(operations(st.integers(1, 40)), max_size=40), st.data())
def test_shrink_any_sequence_leaves_what_is_needed_alone(
    ops: list[Operation], data: st.DataObject
) -> None:
    wanted = (Opcode.ENTER, Opcode.ZAP_ALL)
    for _opcode in wanted:
        at = data.draw(st.integers(0, len(ops)))
        ops = [*ops[:at], *parse("enter vm3 cpu1\nzap-all vm2 f9 x7", "x"), *ops[at:]]
    shortest = shrink(ops, has(*wanted))
    assert format_text(shortest) == "enter vm0 cpu0\nzap-all vm0 f0\n"


@settings(max_examples=20, deadline=None)
@given(st.lists(operations(st.integers(1, 40)), max_size=20))
def test_shrink_result_is_one_minimal(ops: list[Operation]) -> None:
    ops = [*ops, *parse("add vm1 f1 s3 x9\nadd vm1 f1 s90 x7\ncount vm1 f1", "x")]
    shows = adds(12)
    shortest = shrink(ops, shows)
    assert shows(encode(shortest))
    for at in range(len(shortest)):
        assert not shows(encode(shortest[:at] + shortest[at + 1 :]))


@pytest.mark.parametrize(
    ("text", "shows", "expected"),
    [
        ("add vm0 f0 s0\nadd vm0 f0 s1\nadd vm0 f0 s2", adds(3), "add vm0 f0 s0 x3"),
        ("add vm2 f7 s900 x40", adds(12), "add vm0 f0 s0 x12"),
        ("add vm2 f7 s900 x500", adds(450), "add vm0 f0 s0 x500"),
        ("context vm3 cpu1", has(Opcode.CONTEXT), "context own"),
        ("add vm1 p2 s7\nparent-drop vm1 p2 #0", has(Opcode.PARENT_DROP), "parent-drop vm0 p0 #0"),
        ("rmap-add vm0 f3 s9", has(Opcode.RMAP_ADD), "rmap-add vm0 f0 s0"),
        ("remove vm3 vm1:f2 s9 x3", has(Opcode.REMOVE_STRAY), "remove vm0 f0 s0"),
    ],
)
def test_shrink_known_sequence_gives_the_plain_form(text: str, shows: Shows, expected: str) -> None:
    assert format_text(shrink(parse(text, "x"), shows)) == expected + "\n"


def test_shrink_member_becomes_the_spte_it_stands_for() -> None:
    def shows(payload: bytes) -> bool:
        ops = decode(payload)
        removes = (Opcode.REMOVE, Opcode.REMOVE_STRAY)
        return len(ops) == 2 and ops[0].repeat == 3 and ops[1].opcode in removes

    shortest = shrink(parse("add vm0 f0 s0 x3\nremove vm0 f0 #0", "x"), shows)
    assert format_text(shortest) == "add vm0 f0 s0 x3\nremove vm0 f0 s0\n"


def test_shrink_twice_gives_the_same() -> None:
    assert shrink(MANY, has(Opcode.DESTROY)) == shrink(MANY, has(Opcode.DESTROY))


def test_shrink_what_shows_nothing_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="must show the finding to be minimised"):
        shrink(parse("count vm0 f0", "x"), has(Opcode.ADD))


def test_shrink_out_of_budget_still_shows_it() -> None:
    runs = 0
    shows = has(Opcode.DESTROY, Opcode.ADD)

    def counted(payload: bytes) -> bool:
        nonlocal runs
        runs += 1
        return shows(payload)

    shortest = shrink(MANY, counted, budget_runs=30)
    assert runs <= 30
    assert shows(encode(shortest))


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ("add vm0 f0 s0 x1001", "add vm0 f0 s0\nadd vm0 f0 s0"),
        ("add vm0 f0 s9 x2", "add vm0 f0 s0 x3"),
        ("remove vm3 f9 s9", "remove vm0 f0 #0"),
        ("add vm0 f9 s9", "parent-add vm0 p0 s0"),
        ("add vm0 f9 s9", "add vm1 f0 s0"),
        ("add vm0 f0 s9", "add vm0 f1 s0"),
        ("add vm0 f0 s0", "add vm0 f0 s1"),
    ],
)
def test_size_of_the_plainer_sequence_is_less(plain: str, other: str) -> None:
    assert size(parse(plain, "x")) < size(parse(other, "x"))


@pytest.fixture(scope="module")
def rfc_v3() -> Iterator[Runner]:
    with Runner(catalogue.get("rfc-v3")) as runner:
        yield runner


NOISE = """
create vm2
add vm1 f3 s90 x20
rmap-add vm2 f5 s7 x3
rmap-remove vm2 f5 s30
remove vm1 f3 #7 x2
rmap-add vm1 f9 s1500
count vm1 f3
rmap-remove-off vm2 f5 #1
rmap-remove vm1 f9 s400
iterate vm1 f3
"""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.LOST_ENTRY, "add vm0 f0 s0\nremove vm0 f0 s1\n"),
        (Kind.LOG_FLOOD, "add vm0 f0 s0 x2\nremove vm0 f0 s2 x2\n"),
    ],
)
def test_minimize_one_of_two_findings_never_drifts_to_the_other(
    rfc_v3: Runner, kind: Kind, expected: str
) -> None:
    ops = parse(NOISE.replace("rmap-remove vm2 f5 s30", "rmap-remove vm2 f5 s30 x3"), "noise")
    found = {finding.kind for finding in rfc_v3.run(Input.of(ops))}
    shortest = minimize_in(rfc_v3, ops, kind=kind, function="pte_list_remove")
    assert found == {Kind.LOST_ENTRY, Kind.LOG_FLOOD}
    assert format_text(shortest) == expected
    assert {finding.kind for finding in rfc_v3.run(Input.of(shortest))} == {kind}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("remove vm3 f3 s9\n", "remove vm0 f0 s0\n"),
        ("add vm3 f3 s9\nremove vm3 f3 s0\n", "add vm0 f0 s0\nremove vm0 f0 s1\n"),
        ("add vm3 f3 s9 x20\nremove vm3 f3 s0\n", "add vm0 f0 s0 x2\nremove vm0 f0 s2\n"),
    ],
)
def test_minimize_one_of_three_places_keeps_the_place(text: str, expected: str) -> None:
    with Runner(catalogue.get("bug")) as runner:
        ops = parse(NOISE.split("rmap-remove", maxsplit=1)[0] + text, "noise")
        shortest = minimize_in(runner, ops, kind=Kind.HOST_BUG, function="pte_list_remove")
    assert format_text(shortest) == expected


def test_minimize_finding_in_another_function_is_a_usage_error(rfc_v3: Runner) -> None:
    ops = parse("add vm0 f0 s0\nremove vm0 f0 s1", "x")
    with pytest.raises(UsageError, match="must show lost-entry in pte_list_add to be minimised"):
        minimize_in(rfc_v3, ops, kind=Kind.LOST_ENTRY, function="pte_list_add")


KNOWN = RawFinding(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", ""), 0, 0, 0)
NEW = RawFinding(Symptom(Kind.LOST_ENTRY, "pte_list_remove", ""), 0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "function", "chosen"),
    [(None, None, NEW), (Kind.COUNT_CONTRACT, None, KNOWN), (None, "pte_list_add", KNOWN)],
)
def test_choose_finding_prefers_a_new_one(
    kind: Kind | None, function: str | None, chosen: RawFinding
) -> None:
    known = Known(Kind.COUNT_CONTRACT, "pte_list_add", reason="so it is")
    target = replace(catalogue.get("rfc-v3"), known=(known,))
    assert choose([KNOWN, NEW], target, kind, function, "x") is chosen


def test_choose_finding_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"x: must show hang on rfc-v3 .* does not; see"):
        choose([KNOWN, NEW], catalogue.get("rfc-v3"), Kind.HANG, None, "x")


def test_minimize_public_entry_takes_a_target() -> None:
    from pyfuzz.finding.minimize import minimize  # noqa: PLC0415

    shortest = minimize(
        catalogue.get("bug"),
        parse("add vm1 f1 s3 x2\nremove vm1 f1 s9", "x"),
        kind=Kind.HOST_BUG,
        function="pte_list_remove",
    )
    assert format_text(shortest) == "add vm0 f0 s0 x2\nremove vm0 f0 s2\n"
