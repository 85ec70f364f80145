# SPDX-License-Identifier: GPL-2.0-only
"""The peer Hypothesis: a state machine with a rule for each operation.

As in its manual: a rule draws the operands of its operation and takes a step of
the module (one cffi call per repetition).  The oracle is the one in C, which
checks every list after every step.  A run has the default of 50 rules; findings
are not shrunk, since the first one ends a trial.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from bench.compare.in_process import Watch
from pyfuzz.module import compiled
from pyfuzz.module.results import Skip
from pyfuzz.worlds.lists.operation import (
    FORMS,
    FRAME_HEADS,
    HEADS,
    SPTES,
    VMS,
    Context,
    Heads,
    Opcode,
    Operand,
    Operation,
)

_HEADS = {
    Heads.NONE: st.just(0),
    Heads.ANY: st.integers(0, HEADS - 1),
    Heads.FRAME: st.integers(0, FRAME_HEADS - 1),
    Heads.PARENT: st.integers(FRAME_HEADS, HEADS - 1),
}
_OPERANDS = {
    Operand.NONE: st.just(0),
    Operand.SPTE: st.integers(0, SPTES - 1),
    Operand.MEMBER: st.integers(0, SPTES - 1),
    Operand.VCPU: st.integers(0, 1),
    Operand.CONTEXT: st.sampled_from(Context),
}
# Distributed like a random repeat code of the binary form.
_REPEATS = st.one_of(
    st.just(1),
    st.just(1),
    st.just(1),
    st.integers(2, 49),
    st.sampled_from((56, 70, 100, 140, 200, 300, 500, 1001)),
)


def machine(module: compiled.Module, watch: Watch) -> type[RuleBasedStateMachine]:
    """Return the state machine of a target: a rule for each opcode that it has."""

    def begin(self: Any) -> None:
        watch.begin()
        RuleBasedStateMachine.__init__(self)
        module.begin()
        self.number = self.steps = 0

    def teardown(self: Any) -> None:
        if module.end(self.number).findings:
            watch.look(module.last().findings)
        watch.shared.count(self.number, self.steps)
        watch.spent()

    rules = {
        f"{opcode.name.lower()}": _rule(opcode, module, watch)
        for opcode in Opcode
        if opcode in module.traits.opcodes
    }
    return type(
        "Lists", (RuleBasedStateMachine,), {"__init__": begin, "teardown": teardown, **rules}
    )


def _rule(opcode: Opcode, module: compiled.Module, watch: Watch) -> Callable[..., Any]:
    form = FORMS[opcode]

    def take(self: Any, vm: int, head: int, head_vm: int, operand: int, repeat: int) -> None:
        if opcode is Opcode.CONTEXT and operand < Context.VCPU0:
            vm = 0
        if opcode is not Opcode.REMOVE_STRAY or head >= VMS:
            head_vm = vm
        operation = Operation(opcode, vm, head, head_vm, operand, repeat if form.repeats else 1)
        for step in range(operation.repeat):
            result = module.step(operation, self.number, step)
            if result.findings:
                watch.look(module.last().findings)
            if result.skip is not Skip.RAN:
                break
            self.steps += 1
        self.number += 1

    vms = st.integers(0, VMS - 1)
    decorate = rule(
        vm=vms,
        head=_HEADS[form.heads],
        head_vm=vms if opcode is Opcode.REMOVE_STRAY else st.just(0),
        operand=_OPERANDS[form.operand],
        repeat=_REPEATS if form.repeats else st.just(1),
    )
    decorated: Callable[..., Any] = decorate(take)
    return decorated


def fuzz(module: compiled.Module, watch: Watch, number: int) -> NoReturn:
    """Run examples until the trial is over."""
    rules = settings(
        max_examples=1_000_000,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
    )
    while True:
        run_state_machine_as_test(seed(number)(machine(module, watch)), settings=rules)
        number += 1_000_003
