# SPDX-License-Identifier: GPL-2.0-only
"""Sequences of the world threads as text and as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfuzz import world
from pyfuzz.errors import UsageError
from pyfuzz.sequence.text import format_text, parse
from pyfuzz.target import catalogue
from pyfuzz.worlds.threads import binary, text
from pyfuzz.worlds.threads.module import ThreadsModule, load
from pyfuzz.worlds.threads.operation import (
    MAX_ACCESS,
    MAX_DELAY,
    Act,
    Delay,
    Initial,
    Line,
    Operation,
    Sequence,
    Switch,
    What,
    lines_of,
    sequence_of,
)

_OPERATIONS = st.builds(
    lambda what, entry: Operation(what, entry if what.takes_entry else 0),
    st.sampled_from(What),
    st.integers(0, 39),
)
_SWITCHES = st.builds(Switch, st.integers(0, 3), st.integers(0, MAX_ACCESS), st.integers(0, 3))
_DELAYS = st.builds(Delay, st.integers(0, 3), st.integers(0, MAX_ACCESS), st.integers(0, MAX_DELAY))
_LINES: st.SearchStrategy[list[Line]] = st.lists(
    st.one_of(
        st.builds(Initial, st.integers(0, 40), st.booleans(), st.booleans(), st.booleans()),
        st.builds(Act, st.integers(0, 3), _OPERATIONS),
        _SWITCHES,
        _DELAYS,
    ),
    max_size=30,
)
_FIBERS = st.lists(st.lists(_OPERATIONS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4)
SEQUENCES = st.builds(
    Sequence,
    st.integers(0, 40),
    _FIBERS.map(tuple),
    st.lists(_SWITCHES, max_size=8).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(_DELAYS, max_size=4).map(tuple),
)


@pytest.fixture(scope="module")
def module() -> ThreadsModule:
    return load(catalogue.get("v6.15"))


@given(SEQUENCES)
def test_sequence_is_what_its_lines_come_to(sequence: Sequence) -> None:
    assert sequence == sequence_of(lines_of(sequence))


@given(_LINES)
def test_lines_survive_text_and_bytes(lines: list[Line]) -> None:
    assert lines == parse(f"{text.HEADER}\n{format_text(lines)}", "x.seq")
    assert lines == binary.decode(binary.encode(lines))


@given(st.binary(max_size=64))
def test_every_byte_string_is_a_sequence(data: bytes) -> None:
    lines = binary.decode(data)

    assert len(data) // binary.OPERATION_BYTES == len(lines)
    assert lines == binary.decode(binary.encode(lines))


@given(data=st.binary(min_size=4, max_size=4))
def test_python_and_c_decode_a_line_the_same(module: ThreadsModule, data: bytes) -> None:
    assert binary.decode(data) == [module.decode(data)]


def test_what_is_more_than_a_fiber_can_have_means_nothing(module: ThreadsModule) -> None:
    lines: list[Line] = [Act(0, Operation(What.ADD))] * 5

    module.begin()
    skips = [module.step(line, number).skip.name for number, line in enumerate(lines)]

    assert ["RAN"] * 4 + ["FIBER_FULL"] == skips
    assert 4 == len(sequence_of(lines).fibers[0])


def test_world_is_a_row_of_the_table() -> None:
    assert text.HEADER == world.get("threads").header
    own = world.numbered(2)
    assert own is not None and "threads" == own.name


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("list", "must be: list ENTRIES"),
        ("list 41", "the list's length must be a number from 0 to 40, is '41'"),
        ("list 1 thin", "a list's flag must be one of no-ad, reuse, tso, is 'thin'"),
        ("fiber 0", "must be: fiber NUMBER OPERATION"),
        ("fiber 4 age", "a fiber must be a number from 0 to 3, is '4'"),
        ("fiber 0 fly", "an operation must be one of add, zap-one"),
        ("fiber 0 zap-one", "zap-one takes the number of an entry"),
        ("fiber 0 age 3", "age takes nothing"),
        ("switch 0 1", "must be: switch FIBER ACCESS NEXT"),
        ("delay 0 1", "must be: delay FIBER ACCESS BY"),
        ("delay 0 1 256", "by how many accesses a store is delayed must be a number from 0 to 255"),
        ("turn 1", "a line must begin with list, fiber, switch"),
    ],
)
def test_text_with_a_wrong_line_says_which_and_why(line: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(f"{text.HEADER}\n# a comment\n{line}\n", "x.seq")

    assert str(error.value).startswith(f"x.seq:3: {message}")
