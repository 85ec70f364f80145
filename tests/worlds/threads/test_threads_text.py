# SPDX-License-Identifier: GPL-2.0-only
"""Sequences of the world threads as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyfuzz.errors import UsageError
from pyfuzz.worlds.threads import text
from pyfuzz.worlds.threads.operation import Operation, Sequence, Switch, What

_OPERATIONS = st.builds(
    lambda what, entry: Operation(what, entry if what.takes_entry else 0),
    st.sampled_from(What),
    st.integers(0, 39),
)
_SWITCHES = st.builds(Switch, st.integers(0, 3), st.integers(0, 20000), st.integers(0, 3))
_FIBERS = st.lists(st.lists(_OPERATIONS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4)
SEQUENCES = st.builds(
    Sequence,
    st.integers(0, 40),
    _FIBERS.map(tuple),
    st.lists(_SWITCHES, max_size=8).map(tuple),
    st.booleans(),
    st.booleans(),
)


@given(SEQUENCES)
def test_text_of_a_sequence_is_read_as_the_same(sequence: Sequence) -> None:
    assert sequence == text.parse(text.format_sequence(sequence))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("list", "must be: list ENTRIES"),
        ("list 41", "the list's length must be a number from 0 to 40, is '41'"),
        ("list 1 thin", "a list's flag must be no-ad or reuse, is 'thin'"),
        ("fiber 0", "must be: fiber NUMBER OPERATION"),
        ("fiber 4 age", "a fiber must be a number from 0 to 3, is '4'"),
        ("fiber 0 fly", "an operation must be one of add, zap-one"),
        ("fiber 0 zap-one", "zap-one takes the number of an entry"),
        ("fiber 0 age 3", "age takes nothing"),
        ("switch 0 1", "must be: switch FIBER ACCESS NEXT"),
        ("turn 1", "a line must begin with list, fiber, switch"),
    ],
)
def test_text_with_a_wrong_line_says_which_and_why(line: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        text.parse(f"{text.HEADER}\n# a comment\n{line}\n", "x.seq")

    assert str(error.value).startswith(f"x.seq:3: {message}")
