# SPDX-License-Identifier: GPL-2.0-only
"""Answers of a child process, in which a stranger's code runs."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from collections import Counter
from enum import Enum
from pathlib import Path

import pytest

from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module import builder
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.answers import receive, send
from pyfuzz.symptom import Symptom
from pyfuzz.worlds.pages.operation import Access, Mode

FINDING = RawFinding(Symptom(Kind.LEAK, "pte_list_remove", "1 leaked", 3), 2)


class Hostile:
    """Pickles as a call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def sent(data: bytes) -> object:
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        theirs.send_bytes(data)
        return receive(ours)


@pytest.mark.parametrize(
    "value",
    [None, 3, (FINDING,), {"a": [1.5, b"x"]}, frozenset({1}), Counter("aab"), Path("x"), Kind.LEAK],
)
def test_answer_arrives_as_it_was_sent(value: object) -> None:
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        send(theirs, value)
        assert receive(ours) == value


@pytest.mark.parametrize("answer", [Kind.WRONG_GFN, Mode.PAE, Access.WRITE | Access.USER, None])
def test_answer_arrives_though_enum_writes_calls(
    answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in CPython 3.11.0 to 3.11.3, among them Debian 12's."""

    def by_name(member: Enum, _protocol: int) -> object:
        return getattr, (type(member), member.name)

    for one in (Kind, Mode, Access):
        monkeypatch.setattr(one, "__reduce_ex__", by_name)
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        send(theirs, [answer])
        assert receive(ours) == [answer]


def test_error_arrives_as_it_was_raised() -> None:
    # Pickled in another process, as in use: here Dask may have changed how errors are pickled.
    code = "import pickle, sys; from pyfuzz.errors import UsageError as E; "
    code += "sys.stdout.buffer.write(pickle.dumps(E('no such thing')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    error = sent(done.stdout)
    assert isinstance(error, UsageError)
    assert "no such thing" == str(error)


@pytest.mark.parametrize("function", [os.mkdir, eval, builder.build, pickle.loads])
def test_answer_that_is_a_call_is_refused_and_not_made(tmp_path: Path, function: object) -> None:
    made = tmp_path / "made"
    with pytest.raises(HarnessError, match="no valid answer"):
        sent(pickle.dumps(Hostile(function, str(made))))
    assert not made.exists()


def test_bytes_that_are_no_answer_are_an_error_of_one_line() -> None:
    with pytest.raises(HarnessError, match="writes to the pipe"):
        sent(b"\x80garbage")
