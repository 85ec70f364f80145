# SPDX-License-Identifier: GPL-2.0-only
"""A campaign only continues once the engine's log shows that it sees the target."""

from __future__ import annotations

import pytest

from pyfuzz.campaign.engine_log import Greeting, check_engine_sees, greeting, last_words
from pyfuzz.errors import HarnessError

HELLO = Greeting(counters=30, states=12, opcodes=(0, 1)).line() + "\n"
LOADED = "INFO: Seed: 1\nINFO: Loaded 2 modules   (42 inline 8-bit counters): 30 [0x1, 0x2),\n"
NO_FEATURES = "#2\tINITED exec/s: 0 rss: 48Mb\n"
FEATURES = "#2\tINITED cov: 4 ft: 4 corp: 1/1b exec/s: 0 rss: 50Mb\n"


def test_check_with_all_counters_and_features_passes() -> None:
    assert check_engine_sees(HELLO + LOADED + FEATURES, 2)


@pytest.mark.parametrize("log", ["", HELLO, HELLO + LOADED, HELLO + LOADED + NO_FEATURES])
def test_check_of_an_unfinished_log_waits(log: str) -> None:
    assert not check_engine_sees(log, 2)


def test_check_without_coverage_counters_refuses() -> None:
    hello = Greeting(counters=0, states=12, opcodes=()).line() + "\n"
    with pytest.raises(HarnessError, match="no coverage counters"):
        check_engine_sees(hello + LOADED + FEATURES, 2)


def test_check_with_fewer_counters_than_the_target_has_refuses() -> None:
    fewer = LOADED.replace("42 inline", "12 inline")
    with pytest.raises(HarnessError, match=r"must see 42 counters .*sees 12"):
        check_engine_sees(HELLO + fewer + FEATURES, 2)


def test_check_with_no_module_loaded_refuses() -> None:
    with pytest.raises(HarnessError, match="sees 0"):
        check_engine_sees(HELLO + "INFO: Seed: 1\n" + NO_FEATURES, 2)


def test_check_without_features_after_many_inputs_refuses() -> None:
    with pytest.raises(HarnessError, match="reached nothing"):
        check_engine_sees(HELLO + LOADED + NO_FEATURES, 50_000)


def test_greeting_that_is_cut_is_not_read() -> None:
    assert greeting(HELLO[:-1]) is None


def test_greeting_after_other_lines_is_read_back() -> None:
    assert greeting("WARNING: something\n" + HELLO) == Greeting(30, 12, (0, 1))


def test_last_words_of_an_empty_log_say_so() -> None:
    assert last_words("\n \n") == "it said nothing"
