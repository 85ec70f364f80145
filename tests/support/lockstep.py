# SPDX-License-Identifier: GPL-2.0-only
"""Run one sequence on two targets in lockstep, and return their first difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from pyfuzz.module.results import Step
from pyfuzz.worlds.lists.module import ListsModule
from pyfuzz.worlds.lists.operation import HEADS, VMS, Operation


def first_difference(left: ListsModule, right: ListsModule, operations: Sequence[Operation]) -> str:
    """Describe the first step after which the two differ; '' if they do not.

    Compared after every step: everything that the step reports (the SPTE
    chosen, what was returned, who is bugged, the findings) and the list that
    it worked on, in the target's own order; after every operation, all lists.
    """
    left.begin()
    right.begin()
    for number, operation in enumerate(operations):
        where = f"operation {number} ({operation})"
        for step in range(operation.repeat):
            a, b = (module.step(operation, number, step) for module in (left, right))
            if _reported(a) != _reported(b):
                return f"{where} step {step}: {a} != {b}"
            if _list(left, operation) != _list(right, operation):
                return f"{where} step {step}: the list differs"
        if _lists(left) != _lists(right):
            return f"{where}: the lists of the world differ"
    a, b = (module.end(len(operations)) for module in (left, right))
    return "" if _reported(a) == _reported(b) else f"tear-down: {a} != {b}"


def _reported(step: Step) -> tuple[object, ...]:
    return astuple(step)


def _list(module: ListsModule, operation: Operation) -> list[int] | None:
    return module.list(operation.head_vm, operation.head)


def _lists(module: ListsModule) -> list[list[int] | None]:
    return [module.list(vm, head) for vm in range(VMS) for head in range(HEADS)]
