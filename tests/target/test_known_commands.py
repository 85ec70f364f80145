# SPDX-License-Identifier: GPL-2.0-only
"""--known: a user's own known findings fail no command, until they expire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_process import pyfuzz

pytest_plugins = ["pytester"]

ENTRY = """
[[known]]
kind = "host-bug"
function = "*pte_list_remove"
reason = "the series is not in this tree"
"""
STRAY = "# pyfuzz sequence 1\nremove vm0 f0 s9\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stray.seq").write_text(STRAY)
    (tmp_path / "known.toml").write_text(ENTRY)
    (tmp_path / "expired.toml").write_text(ENTRY + "until = 2020-01-31\n")
    (tmp_path / "wrong.toml").write_text("[[known]]\nkind = 'host-bog'\nfunction = 'f'\n")
    return tmp_path


def test_replay_of_a_finding_that_is_known_to_the_user_exits_with_0(folder: Path) -> None:
    without = pyfuzz("replay", "stray.seq", "--target", "bug", folder=folder)
    done = pyfuzz("replay", "stray.seq", "--target", "bug", "--known", "known.toml", folder=folder)

    assert (without.returncode, done.returncode) == (1, 0)
    assert "known: the series is not in this tree" in done.stdout


def test_replay_of_a_finding_whose_entry_expired_exits_with_1_and_says_so(folder: Path) -> None:
    done = pyfuzz(
        "replay", "stray.seq", "--target", "bug", "--known", "expired.toml", folder=folder
    )

    assert done.returncode == 1
    assert (
        "note: host-bug in pte_list_remove was known until 2020-01-31, not any more (entry at "
        "expired.toml:2): the series is not in this tree"
    ) in done.stdout


FLOOD_THEN_LOST = "add vm0 f0 s0 x30\nremove vm0 f0 s900 x2\nadd vm1 f0 s0\nremove vm1 f0 s1\n"
FLOOD = """
[[known]]
kind = "log-flood"
function = "*"
reason = "a line each, by and by to be mended"
"""


@pytest.mark.slow
def test_minimize_passes_over_a_finding_that_is_known_to_the_user(folder: Path) -> None:
    (folder / "two.seq").write_text(FLOOD_THEN_LOST)
    (folder / "flood.toml").write_text(FLOOD)
    command = ("minimize", "two.seq", "--target", "rfc-v3")

    without = pyfuzz(*command, folder=folder)
    done = pyfuzz(*command, "--known", "flood.toml", folder=folder)

    assert "# log-flood in pte_list_remove" in without.stdout
    assert "# lost-entry in pte_list_remove" in done.stdout


@pytest.mark.parametrize(
    "command", [["fuzz", "bug"], ["replay", "stray.seq"], ["minimize", "stray.seq"]]
)
def test_command_with_a_wrong_file_exits_with_2_and_one_line(
    folder: Path, command: list[str]
) -> None:
    done = pyfuzz(*command, "--known", "wrong.toml", folder=folder)

    assert done.returncode == 2
    assert done.stderr == (
        "pyfuzz: wrong.toml:1: entry 1: kind must be a kind of finding, is 'host-bog'; did you "
        "mean 'host-bug'?\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "code", "verdict"), [("known.toml", 0, "known"), ("expired.toml", 1, "finding")]
)
def test_fuzz_with_the_user_s_entries_counts_them_and_fails_on_an_expired_one(
    folder: Path, file: str, code: int, verdict: str
) -> None:
    done = pyfuzz(
        *("fuzz", "bug", "--runs", "20000", "--seed", "1", "--json", "--known", file),
        folder=folder,
    )

    result = json.loads(done.stdout)
    bugs = [one for one in result["findings"] if one["kind"] == "host-bug"]
    assert (code, verdict) == (done.returncode, result["verdict"]), done.stderr
    assert bugs and all(one["count"] > 0 and one["known"] is (code == 0) for one in bugs)
    assert all((one["expired"] is not None) is (code == 1) for one in bugs)
    assert ("known until 2020-01-31" in done.stderr) is (code == 1)


@pytest.mark.slow
def test_pytest_with_the_user_s_entries_passes_what_is_known(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", stray=STRAY)
    pytester.makefile(".toml", known=ENTRY)
    options = ("--pyfuzz-target", "bug")

    without = pytester.runpytest_subprocess(*options)
    done = pytester.runpytest_subprocess(*options, "--pyfuzz-known", "known.toml")

    without.assert_outcomes(failed=1)
    done.assert_outcomes(passed=1)
