# SPDX-License-Identifier: GPL-2.0-only
"""What a worker's log says: its greeting, and libFuzzer's lines.

A fuzzer whose engine does not see the counters looks healthy but finds nothing,
so a campaign continues only once the log has shown that the engine sees them.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pyfuzz.errors import HarnessError

if TYPE_CHECKING:
    from pyfuzz.module.compiled import Module

GREETING = "pyfuzz worker: "
_LOADED = re.compile(r"^INFO: Loaded \d+ modules?\s+\((\d+) inline 8-bit counters\)", re.MULTILINE)
_INITED = re.compile(r"^#\d+\s+INITED\b", re.MULTILINE)
_FEATURES = re.compile(r"^#\d+\s.*\bft: [1-9]", re.MULTILINE)
# The first input of an empty corpus has no operations and may reach nothing.
_PATIENCE = 20_000


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a worker reports about its target before it fuzzes; opcodes are numbers.

    ``walker``: whose code walks guests' tables, "" in a world without any.
    """

    counters: int
    states: int
    opcodes: tuple[int, ...]
    walker: str = ""

    def line(self) -> str:
        """Return the greeting as a line for greeting() to read."""
        return GREETING + json.dumps(asdict(self))


def greeting_of(module: Module) -> Greeting:
    """Return what there is to report about a target that is fuzzed by itself."""
    traits = module.traits
    return Greeting(traits.counters, traits.states, tuple(sorted(traits.opcodes)), module.walker)


def greeting(log: str) -> Greeting | None:
    """Return the worker's greeting, None if it has not been written yet."""
    for line in log.splitlines(keepends=True):
        if line.startswith(GREETING) and line.endswith("\n"):
            values = json.loads(line.removeprefix(GREETING))
            return Greeting(**{**values, "opcodes": tuple(values["opcodes"])})
    return None


def check_engine_sees(log: str, executions: int) -> bool:
    """Return whether the log shows that the engine sees every counter; False: not yet.

    Errors: HarnessError naming what the engine does not see.
    """
    said = greeting(log)
    if said is None:
        return False
    if said.counters == 0:
        raise HarnessError(
            "the target has no coverage counters, so the engine would fuzz blind: "
            "it was compiled without coverage; run 'make clean setup'"
        )
    expected = said.counters + said.states
    loaded = _LOADED.search(log)
    if loaded is None and _INITED.search(log) is None:
        return False
    seen = int(loaded[1]) if loaded else 0
    if seen != expected:
        raise HarnessError(
            f"the engine must see {expected} counters ({said.counters} of coverage, "
            f"{said.states} of states), sees {seen}: it would fuzz blind; please report"
        )
    if _FEATURES.search(log):
        return True
    if executions > _PATIENCE:
        raise HarnessError(
            f"{executions} inputs reached nothing that the engine sees: it fuzzes blind; "
            "please report"
        )
    return False


def last_words(log: str) -> str:
    """Return the last line of the log of a worker that ended before it did anything."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
