# SPDX-License-Identifier: GPL-2.0-only
"""Compares a module with the model, step by step: the independent oracle.

What the shim observes (``BUG()``, a fault, a hang, a double free) is taken from the module;
everything else is decided here, from the flags, the requests, the log and the
raw bytes of the lists.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyfuzz.errors import HarnessError
from pyfuzz.kinds import Kind
from pyfuzz.module.results import Skip, Step
from pyfuzz.worlds.lists.faults import FAULTS
from pyfuzz.worlds.lists.judge_lists import DEATHS, OBSERVED, Broken, ListJudge, World, list_name
from pyfuzz.worlds.lists.model import Effect, Model, Prediction
from pyfuzz.worlds.lists.operation import VCPUS, VMS, Opcode, Operation
from pyfuzz.worlds.lists.text import format_operation

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS = re.compile(r"\b(0x)?[0-9a-f]{8,}\b")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One step: what it had to do, what it did, and what is broken since."""

    prediction: Prediction
    step: Step
    broken: tuple[Broken, ...]

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of what is broken."""
        return frozenset(broken.kind for broken in self.broken)


class Judge:
    """Runs one sequence, a step at a time, and judges every step."""

    def __init__(self, world: World) -> None:
        self.world = world
        traits = world.traits
        self.model = Model(
            traits.opcodes,
            recycles=traits.rmap_add_recycles or Opcode.ZAP_ALL in traits.opcodes,
            flushes=traits.zap_all_returns,
        )
        self._memory = ListJudge(world, self.model)
        self._log = LogBook()
        self.faulted = False
        world.begin()

    def step(self, op: Operation, operation: int, step: int) -> Verdict:
        """Run one repetition of an operation.

        Raises HarnessError if the module chose something else to do than the
        model: then one of the two does not do what docs/sequences.md says.
        """
        prediction = self.model.predict(op, step)
        result = self.world.step(op, operation, step)
        if op.opcode is Opcode.FAULT:
            prediction = self._plant(op, prediction, result)
        self._check_choice(op, prediction, result)
        if prediction.skip is not Skip.RAN:
            return Verdict(prediction, result, ())
        broken = tuple(_observed(format_operation(op), result))
        if not broken:
            broken = tuple(self._judge_step(op, prediction, result))
        self.model.host_dead = any(self._ends(one) for one in broken)
        return Verdict(prediction, result, broken)

    def _plant(self, op: Operation, prediction: Prediction, result: Step) -> Prediction:
        """Take the harness's word on whether a fault could be planted; it taints the VM."""
        if result.skip is not Skip.RAN:
            return Prediction(result.skip)
        others = ((op.vm + i) % VMS for i in range(1, VMS))
        innocent = [vm for vm in others if vm in self.model.alive - self.model.tainted]
        self.model.tainted.add(op.vm)
        if FAULTS[op.fault].name == "add-to-other-vm":
            self.model.tainted.add(innocent[0])
        self.faulted = True
        return prediction

    def _ends(self, broken: Broken) -> bool:
        """Tell whether the rest is skipped: after a fault, only if the host is dead."""
        return broken.kind in DEATHS if self.faulted else broken.destructive

    def end(self, operation: int) -> Verdict:
        """Tear the world down, and account for what is left."""
        prediction = Prediction(Skip.HOST_DEAD if self.model.host_dead else Skip.RAN)
        result = self.world.end(operation)
        if prediction.skip is not Skip.RAN:
            return Verdict(prediction, result, ())
        broken = tuple(_observed("the tear-down", result))
        if not broken:
            broken = tuple(self._judge_end(result))
        return Verdict(prediction, result, broken)

    def _judge_step(self, op: Operation, prediction: Prediction, result: Step) -> Iterator[Broken]:
        if prediction.recycled and self.world.head_value(op.vm, op.head):
            # The check of the list itself says which entries are there.
            yield Broken(
                Kind.COUNT_CONTRACT,
                f"{list_name(op.vm, op.head)} must be recycled after "
                f"{len(self.model.members(op.vm, op.head))} entries, is not",
            )
            prediction = replace(prediction, recycled=False)
        was_bugged = self.model.bugged
        taken = self.model.apply(prediction)
        if not self.faulted or op.opcode is Opcode.ITERATE or op.opcode is Opcode.ENTER:
            yield from self._judge_returned(op, prediction, result)
        yield from self._judge_bugged(prediction, was_bugged, result)
        yield from self._judge_requests()
        if not self.faulted:
            yield from self._log.judge(self.world, result)
        if op.vm not in self.model.tainted:
            yield from self._memory.cleared(op.vm, taken)
            if prediction.effect is Effect.DESTROY:
                yield from self._judge_destroyed(op.vm, bugged=op.vm in was_bugged)
        yield from self._memory.lists(op.vm, faulted=self.faulted)

    def _judge_end(self, result: Step) -> Iterator[Broken]:
        if self.faulted:
            return  # the harness has destroyed VMs and used others, unseen by the model
        yield from self._log.judge(self.world, result)
        bugged = self.model.bugged
        for vm in sorted(self.model.alive):
            taken = self.model.apply(Prediction(Skip.RAN, Effect.DESTROY, vm))
            yield from self._memory.cleared(vm, taken)
            yield from self._judge_destroyed(vm, bugged=vm in bugged)
        # Nothing is left but what leaked.
        yield from self._memory.lists(0)

    def _check_choice(self, op: Operation, prediction: Prediction, result: Step) -> None:
        if any(kind in OBSERVED for kind in result.findings):
            return
        pairs = (
            ("skip", prediction.skip, result.skip),
            ("spte", None if op.opcode is Opcode.FAULT else prediction.spte, result.spte),
            ("error", prediction.error, result.error),
            ("alive", self._alive_after(prediction), result.alive),
        )
        for name, model, module in pairs:
            if model != module:
                raise HarnessError(
                    f"the {name} of '{format_operation(op)}' must be {model!r} by the model, "
                    f"is {module!r} by the harness; please report it with the sequence"
                )

    def _alive_after(self, prediction: Prediction) -> frozenset[int]:
        match prediction.effect:
            case Effect.CREATE:
                return self.model.alive | {prediction.vm}
            case Effect.DESTROY:
                return self.model.alive - {prediction.vm}
            case _:
                return self.model.alive

    def _judge_returned(
        self, op: Operation, prediction: Prediction, result: Step
    ) -> Iterator[Broken]:
        if prediction.returned in (None, result.returned) or op.vm in self.model.tainted:
            return
        kinds = {
            Opcode.ITERATE: Kind.ITERATOR,
            Opcode.ENTER: Kind.REQUEST,
            Opcode.ZAP_ALL: Kind.MISSED_FLUSH,
        }
        yield Broken(
            kinds.get(op.opcode, Kind.COUNT_CONTRACT),
            f"{format_operation(op)} must return {prediction.returned}, returned {result.returned}",
        )

    def _judge_bugged(
        self, prediction: Prediction, was_bugged: frozenset[int], result: Step
    ) -> Iterator[Broken]:
        wrong = result.bugged - self.model.bugged - self.model.tainted
        for vm in sorted(wrong):
            kind = Kind.FALSE_ALARM if vm == prediction.vm else Kind.WRONG_VM
            yield Broken(kind, f"vm{vm} must not be bugged, is")
        for vm in sorted(self.model.bugged - result.bugged - self.model.tainted):
            # Another VM bugged in its place is one mistake, not two.
            if vm in was_bugged or not wrong:
                yield Broken(Kind.UNFLAGGED_ERROR, f"vm{vm} must be bugged, is not")
        self._log.bugged += len(result.bugged - was_bugged)
        # Reported once; from here on the flags are taken as they are.
        for number, state in enumerate(self.model.vms):
            state.bugged = number in result.bugged

    def _judge_requests(self) -> Iterator[Broken]:
        for vm in sorted(self.model.alive - self.model.tainted):
            expected = int(vm in self.model.bugged)
            for vcpu in range(VCPUS):
                seen = self.world.requests(vm, vcpu)
                if seen != expected:
                    yield Broken(
                        Kind.REQUEST,
                        f"vCPU {vcpu} of vm{vm} must have had {expected} VM-dead requests, "
                        f"had {seen}",
                    )

    def _judge_destroyed(self, vm: int, *, bugged: bool) -> Iterator[Broken]:
        # The flag of a destroyed VM cannot be read; the requests to its vCPUs can.
        if any(self.world.requests(vm, vcpu) != bugged for vcpu in range(VCPUS)):
            yield Broken(Kind.FALSE_ALARM, f"vm{vm} must not be bugged by its destruction, was")
        yield from self._memory.destroyed(vm)


class LogBook:
    """What the log may hold: a text once, or once for each VM that was bugged.

    Texts are told apart with the addresses taken out.
    """

    def __init__(self) -> None:
        self.bugged = 0
        self._times: Counter[str] = Counter()
        self._read = 0

    def judge(self, world: World, result: Step) -> Iterator[Broken]:
        """Read what a step logged, if it logged anything."""
        if not result.log_lines:
            return
        lines = world.log()[self._read :]
        self._read += len(lines)
        self._times.update(_ADDRESS.sub("%p", line) for line in lines)
        allowed = max(1, self.bugged)
        for text, times in self._times.items():
            if times > allowed:
                yield Broken(
                    Kind.LOG_FLOOD,
                    f"the log must have at most {allowed} times '{text}', has {times}",
                )


def _observed(what: str, result: Step) -> Iterator[Broken]:
    for kind in OBSERVED:
        if kind in result.findings:
            yield Broken(kind, f"{what} showed it")
