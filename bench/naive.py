# SPDX-License-Identifier: GPL-2.0-only
"""The naive driver: atheris, a cffi call for each step, and the oracle in Python.

What one would write first, without pyfuzz: the same target, the same operations,
and only the cheapest checks of pyfuzz's independent oracle (return values, which
VMs are bugged, the list that was touched).  In the world ``pages``, where an
operation has no number that it must return, what is left is the call for each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pyfuzz.campaign import atheris_loop
from pyfuzz.module import compiled, engine
from pyfuzz.module.results import Skip
from pyfuzz.module.shared import Shared
from pyfuzz.sequence import binary
from pyfuzz.worlds.lists.model import Model
from pyfuzz.worlds.lists.module import ListsModule
from pyfuzz.worlds.lists.operation import Opcode, Operation
from pyfuzz.worlds.pages import binary as pages
from pyfuzz.worlds.pages.module import PagesModule


def harness(
    module: ListsModule,
    shared: Shared,
    differs: Callable[[str], bool],
) -> Callable[[bytes], None]:
    """Return a function that runs one input, with one call per step.

    ``differs`` gets each difference from the model, "" if only the oracle in C saw
    it, and decides whether the sequence ends there.
    """
    traits = module.traits
    recycles = traits.rmap_add_recycles or Opcode.ZAP_ALL in traits.opcodes

    def run_one(data: bytes) -> None:
        operations = binary.decode(data)
        module.begin()
        steps = run_steps(operations)
        if module.end(len(operations)).findings:
            differs("")
        shared.count(len(operations), steps)

    def run_steps(operations: list[Operation]) -> int:
        """Return the number of steps that were run."""
        model = Model(traits.opcodes, recycles=recycles)
        steps = 0
        for number, operation in enumerate(operations):
            vm, head = operation.head_vm, operation.head
            for step in range(operation.repeat):
                prediction = model.predict(operation, step)
                result = module.step(operation, number, step)
                if result.findings and differs(""):
                    return steps
                if result.skip is not prediction.skip:
                    differs("a step that must run is skipped, or vice versa")
                    return steps
                if prediction.skip is not Skip.RAN:
                    break
                steps += 1
                model.apply(prediction)
                if result.bugged != model.bugged:
                    differs("the bugged VMs are not those that must be")
                    return steps
            members = module.list(vm, head)
            if members is None or len(members) != len(model.members(vm, head)):
                differs("the list has another length")
                return steps
        return steps

    return run_one


def pages_harness(module: PagesModule, shared: Shared) -> Callable[[bytes], None]:
    """Return a function that runs one input of the world ``pages``, with one call per step."""

    def run_one(data: bytes) -> None:
        operations = pages.decode(data)
        module.begin()
        steps = 0
        for number, operation in enumerate(operations):
            result = module.step(operation, number)
            steps += result.skip is Skip.RAN
            if result.findings:
                break
        module.end(len(operations))
        shared.count(len(operations), steps)

    return run_one


def main() -> None:
    """``python -m bench.naive MODULE SHARED ARGUMENTS...``."""
    engine.load()
    module = compiled.open_module(Path(sys.argv[1]), "fuzz")
    shared = Shared(Path(sys.argv[2]))
    if isinstance(module, PagesModule):
        run = pages_harness(module, shared)
    else:
        assert isinstance(module, ListsModule)
        run = harness(module, shared, lambda _: True)
    atheris_loop.fuzz(run, sys.argv[3:])


if __name__ == "__main__":
    main()
