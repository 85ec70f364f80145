# SPDX-License-Identifier: GPL-2.0-only
"""What the engine is told of guest pages besides coverage (csrc/worlds/pages/states.c)."""

from __future__ import annotations

from pyfuzz import world
from pyfuzz.corpus.survey import Reached, survey
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue

LINKED = """
write vm0 cpu0 0:0:2 table 0x16
access vm0 cpu0 read 0:0:2:0
write vm0 cpu0 0:0:3 table {}
access vm0 cpu0 read 0:0:3:0
"""
OVERWRITTEN = """
access vm0 cpu0 read 0:0:2:0
{} vm0 cpu0 0:0:2 table 0x16
access vm0 cpu0 read 0:0:2:0
"""


def states_of_the_second_alone(first: str, second: str) -> int:
    inputs = []
    for lines in (first, second):
        operations = parse(f"# pyfuzz sequence 2 pages{lines}", "test")
        inputs.append(Input(world.get("pages").encode(operations), Encoding("pages")))
    found = survey(catalogue.get("pages"), "fuzz", inputs)
    one, other = found.results
    assert isinstance(one, Reached) and isinstance(other, Reached)
    return found.states(other.covers & ~one.covers)


def test_link_to_a_page_that_is_there_is_another_state_than_to_a_new_one() -> None:
    assert 0 == states_of_the_second_alone(LINKED.format("0x16"), LINKED.format("0x16"))
    # The other one is a list of two parents.
    assert 2 == states_of_the_second_alone(LINKED.format("0x19"), LINKED.format("0x16"))


def test_present_spte_that_is_overwritten_is_another_state_than_an_empty_one() -> None:
    told, behind = OVERWRITTEN.format("write"), OVERWRITTEN.format("poke")
    # The others are the untold write, and the result of the second access.
    assert 3 == states_of_the_second_alone(told, behind)
