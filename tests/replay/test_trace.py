# SPDX-License-Identifier: GPL-2.0-only
"""The trace: what replaying a sequence shows to a reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from plants import Edit, plant
from strategies import busy_sequences

from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.replay import trace_text
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.sequence.text import format_text, parse
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists import module as lists_module
from pyfuzz.worlds.lists.trace import trace

if TYPE_CHECKING:
    from pyfuzz.replay.entry import Entry
    from pyfuzz.worlds.lists.operation import Operation


def traced(port: str, text: str) -> list[Entry]:
    return list(trace(lists_module.load(catalogue.get(port)), parse(text, "test")))


def shown(port: str, text: str) -> str:
    target = catalogue.get(port)
    lines = trace_text.lines(
        traced(port, text),
        lambda finding: target.known_reason(finding.symptom),
    )
    return "\n".join(lines)


def test_trace_lost_entry_shows_how_it_came_about() -> None:
    assert shown("rfc-v3", "add vm0 f0 s0\nremove vm0 f0 s1\ncount vm0 f0") == (
        "   0  add vm0 f0 s0\n"
        "        returned 0\n"
        "        vm0 f0: head -> NULL\n"
        "             => head -> s0\n"
        "   1  remove vm0 f0 s1\n"
        "        an error: s1 is not in vm0 f0, so vm0 must be bugged and nothing changed\n"
        "        logged: pte_list_remove: <vm0 s1> 1->BUG\n"
        "        logged: (an empty line)\n"
        "        bugged: vm0\n"
        "        vm0 f0: head -> s0\n"
        "             => head -> NULL\n"
        "   >>>  FINDING: lost-entry in pte_list_remove\n"
        "          vm0 f0 must hold 1 entries, holds 0: s0 is gone\n"
        "     not done: operation 2 and the tear-down; the host is dead"
    )


def test_trace_contained_error_shows_that_nothing_changed() -> None:
    assert shown("rfc-v4", "add vm1 f3 s5 x3\nremove vm1 f3 s1\nenter vm1 cpu0") == (
        "   0  add vm1 f3 s5 x3\n"
        "        chose s5..s7\n"
        "        returned 0..2\n"
        "        vm1 f3: head -> NULL\n"
        "             => head -> [s5 s6 s7] -> NULL\n"
        "   1  remove vm1 f3 s1\n"
        "        an error: s1 is not in vm1 f3, so vm1 must be bugged and nothing changed\n"
        "        logged: no rmap for <vm1 s1> (many->many)\n"
        "        bugged: vm1\n"
        "        vm1 f3: head -> [s5 s6 s7] -> NULL (as before)\n"
        "   2  enter vm1 cpu0\n"
        "        returned -5 (-EIO: the VM is dead)\n"
        "      tear-down: every VM is destroyed"
    )


def test_trace_repeated_operation_with_a_finding_shows_its_step_alone() -> None:
    text = "add vm0 f0 s0 x20\nremove vm0 f0 s0\nadd vm0 f0 s30 x3"
    entries = traced("rfc-v4", text)
    assert [(entry.operation, entry.first, entry.steps) for entry in entries] == [
        (0, 0, 20),
        (1, 0, 1),
        (2, 0, 1),
        (2, 1, 2),
        (3, 0, 1),
    ]
    assert [len(entry.findings) for entry in entries] == [0, 0, 1, 0, 0]
    assert "(step 0)" in shown("rfc-v4", text)
    assert "known finding: count-contract in pte_list_add" in shown("rfc-v4", text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("add vm0 f0 s0 x40", "vm0 f0: head -> NULL"),
        ("add vm0 f0 s0 x40", "=> head -> [12] -> 2 x [14] -> NULL"),
        ("remove vm0 f0 #3", "skipped: the list has no entry"),
        ("add vm0 f0 s2046 x3", "chose s2046..s0"),
        ("destroy vm1\nadd vm1 f0 s0 x3", "skipped 3 times: the VM is not alive"),
        ("rmap-add vm0 f0 s0 x1001\nrmap-add vm0 f0 s0", "=> head -> [7] -> 71 x [14] -> NULL"),
        ("rmap-add vm0 f0 s0 x1001\nrmap-add vm0 f0 s0", "recycled: the list had become too long"),
        (
            "add vm0 f2 s1\nrmap-remove-off vm0 f2 #0",
            "an error: s1 is in vm0 f2, looked for in vm0 f3, so vm0 must be bugged",
        ),
        ("add vm1 f0 s1\nremove vm0 vm1:f0 s1", "s1 is not in vm1 f0, so vm0 must be bugged"),
        ("add vm0 f0 s3\ndestroy vm0", "vm0 f0: head -> s3"),
        ("iterate vm0 f0 x7", "returned 0 (7 times)"),
    ],
)
def test_trace_of_an_operation_tells_what_it_did(text: str, line: str) -> None:
    assert line in shown("v6.6", text)


@settings(max_examples=25, deadline=None)
@given(busy_sequences())
def test_trace_of_any_sequence_fits_80_columns_and_shows_every_operation(
    ops: list[Operation],
) -> None:
    text = shown("rfc-v4", format_text(ops))
    assert max(map(len, text.splitlines())) <= 80
    for op in ops:
        assert format_text([op]).strip() in text


def test_trace_findings_are_those_of_a_run(tmp_path: Path) -> None:
    target = catalogue.get("rfc-v2")
    ops = parse("context vm1 cpu0\nremove vm0 f0 s9 x4\nadd vm0 f0 s0\nremove vm0 f0 s1", "x")
    with Runner(target) as runner:
        traced_findings = [f for entry in runner.trace(ops) for f in entry.findings]
    module = lists_module.load(target)
    list(trace(module, ops))
    assert tuple(traced_findings) == module.last().findings


DIES = "{ extern void _exit(int); _exit(3); }"
SLEEPS = "{ extern unsigned int sleep(unsigned int); sleep(100); }"


@pytest.mark.parametrize(
    ("instead", "limit_s", "kind", "message"),
    [
        (DIES, 60, Kind.HOST_FAULT, "the process that ran the sequence exited with 3"),
        (SLEEPS, 10, Kind.HANG, "the process that ran the sequence did not end within 10 s"),
    ],
    ids=["dies", "sleeps"],
)
def test_trace_of_a_sequence_that_ends_the_process_names_the_operation(
    tmp_path: Path, instead: str, limit_s: float, kind: Kind, message: str
) -> None:
    edit = Edit("ports/headdesc.h", "	KVM_BUG_ON_DATA_CORRUPTION(true, kvm);", instead)
    target = plant("v6.6", tmp_path, edit)
    ops = parse("add vm0 f0 s0 x2\nremove vm0 f0 s9\ncount vm0 f0", "x")
    with Runner(target, limit_s=limit_s) as runner:
        last = list(runner.trace(ops))[-1]
        after = runner.run(Input(b""))
    assert (last.operation, last.text) == (1, "remove vm0 f0 s9")
    assert [(finding.kind, finding.message) for finding in last.findings] == [(kind, message)]
    assert after == ()


def test_child_that_is_ended_between_two_sequences_is_replaced() -> None:
    data = encode(parse("remove vm0 f0 s0", "test"))
    with Runner(catalogue.get("bug")) as runner:
        before = runner.run(Input(data))
        runner._process.kill()
        runner._process.wait()
        assert before == runner.run(Input(data))


def test_runner_refuses_a_sequence_of_another_world_than_its_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Runner, "_start", lambda self: None)
    runner = Runner(catalogue.get("v6.6"))

    with pytest.raises(UsageError, match=r"of the world pages, v6\.6 is a target of lists"):
        runner.run(Input(bytes(4), Encoding("pages")))
