# SPDX-License-Identifier: GPL-2.0-only
"""The order in which the minimiser tries: fewer switches, then fewer operations, then earlier."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyfuzz.kinds import Kind
from pyfuzz.symptom import Symptom
from pyfuzz.worlds.threads.event import SearchResult, ThreadsFinding
from pyfuzz.worlds.threads.minimize import minimize, size
from pyfuzz.worlds.threads.operation import Delay, Operation, Sequence, Switch, What

ADD, AGE = Operation(What.ADD), Operation(What.AGE)
SEQUENCE = Sequence(2, ((ADD, ADD), (AGE,)), (Switch(0, 9, 1), Switch(1, 4, 0)))
NOTHING = SearchResult(0, 0, 0, 0, 0, 0, 0, True, 0, 0, (0,) * 8, ())


class Recording:
    """Finds nothing, and notes what it was asked for."""

    name, locked_heads = "recording", True

    def __init__(self) -> None:
        self.tried: list[str] = []

    def can(self, what: What) -> bool:
        return True

    def search(
        self, sequence: Sequence, bound: int, *, prune: bool = True, limit: int = 0
    ) -> SearchResult:
        self.tried.append("less to do")
        return NOTHING

    def run_sequence(self, sequence: Sequence) -> SearchResult:
        fewer = len(sequence.switches) < len(SEQUENCE.switches)
        self.tried.append("fewer switches" if fewer else "earlier")
        return NOTHING


def test_minimiser_drops_switches_then_operations_then_moves_switches() -> None:
    module = Recording()
    finding = ThreadsFinding(Symptom(Kind.HANG), 1, "", 0, 0, 2, 0, 1, 1, SEQUENCE)

    assert finding is minimize(module, finding)

    assert ["fewer switches", "less to do", "earlier"] == list(dict.fromkeys(module.tried))
    assert module.tried == sorted(
        module.tried, key=["fewer switches", "less to do", "earlier"].index
    )


@pytest.mark.parametrize(
    "smaller",
    [
        # One switch less is worth more than anything else.
        replace(
            SEQUENCE, switches=(Switch(0, 99, 1),), entries=29, fibers=((ADD,) * 4, (AGE,) * 4)
        ),
        replace(SEQUENCE, fibers=((ADD,), (AGE,)), entries=29),
        replace(SEQUENCE, entries=1, switches=(Switch(0, 99, 1), Switch(1, 99, 0))),
        replace(SEQUENCE, switches=(Switch(0, 8, 1), Switch(1, 4, 0))),
    ],
    ids=["switches", "operations", "entries", "moved"],
)
def test_sequence_with_less_of_what_counts_more_is_smaller(smaller: Sequence) -> None:
    assert size(smaller) < size(SEQUENCE)


def test_store_that_waits_counts_as_a_switch_does() -> None:
    waits = replace(SEQUENCE, switches=SEQUENCE.switches[:1], tso=True, delays=(Delay(0, 3, 2),))

    assert size(waits)[0] == size(SEQUENCE)[0]
    assert size(SEQUENCE) < size(waits)
