# SPDX-License-Identifier: GPL-2.0-only
"""The two oracles against each other: the C one, and the judge with the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from planted import PLANTED
from plants import Edit, plant
from selection import mostly_slow
from strategies import busy_sequences

from pyfuzz.errors import HarnessError
from pyfuzz.kinds import Kind
from pyfuzz.sequence.binary import decode
from pyfuzz.sequence.text import format_text, parse
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists import module as lists_module
from pyfuzz.worlds.lists.judge import Judge

if TYPE_CHECKING:
    from pathlib import Path

    from pyfuzz.module.results import Step
    from pyfuzz.worlds.lists.module import ListsModule
    from pyfuzz.worlds.lists.operation import Operation

PORTS = [name for name, target in catalogue.TARGETS.items() if target.builds]
# Lists in which faults find something to change.
BUSY = parse("add vm0 f0 s0 x40\nadd vm1 f0 s0 x15\nadd vm0 p0 s50 x3", "busy")
Seen = tuple[str, set[Kind], set[Kind]]


def judged(module: ListsModule, ops: list[Operation]) -> list[Seen]:
    """Return each step with a finding in either oracle, and the kinds of both."""
    judge = Judge(module)
    verdicts = [
        (f"{number}.{step}", judge.step(op, number, step))
        for number, op in enumerate(ops)
        for step in range(op.repeat)
    ]
    verdicts.append(("end", judge.end(len(ops))))
    return [
        (where, set(verdict.step.findings), set(verdict.kinds))
        for where, verdict in verdicts
        if verdict.step.findings or verdict.kinds
    ]


@pytest.mark.parametrize("port", mostly_slow(PORTS, "rfc-v4"))
@seed(20221129)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ops=busy_sequences())
def test_oracles_on_any_sequence_agree_at_every_step(port: str, ops: list[Operation]) -> None:
    module = lists_module.load(catalogue.get(port))
    for where, by_c, by_model in judged(module, ops):
        assert by_c == by_model, f"step {where} of\n{format_text(ops)}"


@pytest.mark.parametrize("port", ["rfc-v4", "v6.6"])
def test_oracles_at_the_recycle_threshold_agree(port: str) -> None:
    module = lists_module.load(catalogue.get(port))
    text = "rmap-add vm0 f0 s0 x1001\nremove vm0 f0 #3 x14\nadd vm0 f0 s0 x16\nrmap-add vm0 f0 s0"
    for where, by_c, by_model in judged(module, parse(text, "test")):
        assert by_c == by_model, where


# The harness repairs these after reporting them, so the judge has nothing to see.
PUT_RIGHT = (Kind.REQUEST, Kind.STALE_SPTE)


@pytest.mark.parametrize(
    "kind", [kind for kind in PLANTED if kind not in PUT_RIGHT], ids=lambda kind: kind.value
)
def test_oracles_see_a_planted_cause_at_the_same_step(kind: Kind, tmp_path: Path) -> None:
    port, edit, text = PLANTED[kind]
    module = lists_module.load(plant(port, tmp_path, edit))
    if kind is Kind.HANG:  # on a busy machine, 50 ms are over before anything hangs
        module.set_hang_limit(50)
    first = judged(module, parse(text, "test"))[:1]
    assert [(kind in by_c, kind in by_model) for _, by_c, by_model in first] == [(True, True)]


def test_oracles_see_a_vm_that_its_tear_down_bugs(tmp_path: Path) -> None:
    edit = Edit("ports/headdesc.h", "(last < 0, kvm)", "(last == 0, kvm)")
    module = lists_module.load(plant("v6.6", tmp_path, edit))
    last = judged(module, parse("parent-add vm0 p0 s0 x3", "test"))
    assert last == [("end", {Kind.FALSE_ALARM}, {Kind.FALSE_ALARM})]


@given(st.binary(min_size=4, max_size=64))
@settings(deadline=None)
def test_decode_in_c_and_in_python_is_the_same(data: bytes) -> None:
    module = lists_module.load(catalogue.get(catalogue.DEFAULT))
    module.set_faults(on=False)  # another test may have set it
    whole = len(data) // 4 * 4
    by_c = [module.decode(data[at : at + 4]) for at in range(0, whole, 4)]
    assert by_c == decode(data)


class Tampered:
    """A module that reports one thing wrongly."""

    def __init__(self, module: ListsModule, name: str, value: object) -> None:
        self._module = module
        self._name = name
        self._value = value

    def __getattr__(self, name: str) -> object:
        return self._value if name == self._name else getattr(self._module, name)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("head_value", lambda vm, head: 0, Kind.LOST_ENTRY),
        ("head_value", lambda vm, head: 0x1000, Kind.GHOST_ENTRY),
        ("head_value", lambda vm, head: 0x1001, Kind.SHAPE),
        ("spte_value", lambda vm, spte: 0, Kind.STALE_SPTE),
        ("requests", lambda vm, vcpu: 1, Kind.REQUEST),
        ("descriptors_live", 1, Kind.LEAK),
    ],
)
def test_judge_of_a_module_that_lies_objects(name: str, value: object, kind: Kind) -> None:
    module = lists_module.load(catalogue.get("v6.6"))
    judge = Judge(Tampered(module, name, value))  # type: ignore[arg-type]
    verdict = judge.step(parse("add vm0 f0 s0", "test")[0], 0, 0)
    assert (verdict.step.findings, kind in verdict.kinds) == ((), True)


def test_judge_of_a_harness_that_chooses_otherwise_is_a_harness_error() -> None:
    module = lists_module.load(catalogue.get("v6.6"))
    other = parse("add vm0 f0 s7", "test")[0]

    def step(op: Operation, operation: int, step: int) -> Step:
        return module.step(other, operation, step)

    judge = Judge(Tampered(module, "step", step))  # type: ignore[arg-type]
    with pytest.raises(HarnessError, match=r"spte of 'add vm0 f0 s0' must be 0 .* is 7 "):
        judge.step(parse("add vm0 f0 s0", "test")[0], 0, 0)


@pytest.mark.parametrize("port", mostly_slow(PORTS, "v6.15"))
@seed(20221129)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ops=busy_sequences(faults=True))
def test_oracles_after_faults_agree_on_who_is_harmed(port: str, ops: list[Operation]) -> None:
    module = lists_module.load(catalogue.get(port))
    module.set_hang_limit(30)
    for where, by_c, by_model in judged(module, BUSY + ops):
        # The judge does not see caches and what the harness does at the end.
        if where == "end" or any("cache" in f.message for f in module.last().findings):
            break
        assert by_c == by_model, f"step {where} of\n{format_text(BUSY + ops)}"
