# SPDX-License-Identifier: GPL-2.0-only
"""The checks cost the same per step, whatever the length of a sequence and of its lists.

Counted, not timed: csrc/harness/list.h counts the entries that it walks and
the descriptors that it checks.  docs/performance.md has the times.
"""

from __future__ import annotations

import ctypes

import pytest

from pyfuzz.module import compiled
from pyfuzz.sequence.binary import encode
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists.operation import Opcode, Operation

# The budget of a step, or a complete list that is walked each time, and the
# descriptors of one of which only these are checked.
PER_STEP = 16 + 10


def looked_at(module: compiled.Module, operations: list[Operation]) -> tuple[int, int]:
    """Return the steps of a sequence, and how much the checks looked at."""
    seen = ctypes.c_uint64.in_dll(ctypes.CDLL(str(module.path)), "pyfuzz_looked_at")
    before = seen.value
    module.run(encode(operations))
    result = module.last()

    assert () == result.findings
    return result.steps, seen.value - before


def churn(length: int, pairs: int) -> list[Operation]:
    """Build a list of so many entries, then repeatedly remove and add one."""
    build = [Operation(Opcode.ADD, repeat=length)] if length else []
    pair = [Operation(Opcode.REMOVE, operand=7), Operation(Opcode.ADD, operand=2047)]
    return [*build, *pair * pairs]


@pytest.mark.parametrize("name", ["v6.6", "v6.15"])
@pytest.mark.parametrize("length", [1, 14, 16, 17, 100, 128, 129, 500, 1500])
def test_checks_cost_the_same_a_step_however_long_the_list(name: str, length: int) -> None:
    module = compiled.load(catalogue.get(name))
    build_steps, build = looked_at(module, churn(length, 0))
    steps, whole = looked_at(module, churn(length, 400))

    assert build_steps + 800 == steps
    assert whole - build <= 800 * PER_STEP
    # Building the list, and one walk at the end.
    assert build <= length * PER_STEP + length


def test_checks_of_a_sequence_twice_as_long_cost_twice_as_much() -> None:
    module = compiled.load(catalogue.get("v6.6"))
    _, build = looked_at(module, churn(300, 0))
    _, once = looked_at(module, churn(300, 200))
    _, twice = looked_at(module, churn(300, 400))

    assert (twice - build) <= 2.1 * (once - build)


def test_checks_of_many_lists_cost_the_same_a_step() -> None:
    module = compiled.load(catalogue.get("v6.6"))
    operations = [
        Operation(Opcode.ADD, vm=vm, head=head, head_vm=vm, operand=40 * head, repeat=20)
        for vm in range(4)
        for head in range(16)
    ]
    steps, whole = looked_at(module, operations)

    assert 4 * 16 * 20 == steps
    assert whole <= steps * PER_STEP + steps
