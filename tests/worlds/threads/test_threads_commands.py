# SPDX-License-Identifier: GPL-2.0-only
"""The world threads on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_process import pyfuzz

SEQUENCE = """# pyfuzz sequence 2 threads
list 2
fiber 0 zap-one 0
fiber 1 age
switch 0 2 1
"""


def test_fuzz_systematic_prints_json_and_ends_with_0(tmp_path: Path) -> None:
    done = pyfuzz(
        *("fuzz", "--world", "threads", "--systematic", "--switches", "1", "--json"),
        folder=tmp_path,
    )

    assert 0 == done.returncode, done.stderr
    said = json.loads(done.stdout)
    assert ("threads", True, "clean", 0) == tuple(
        said[key] for key in ("world", "complete", "verdict", "left")
    )
    assert sum(said["schedules_at_bound"]) == said["schedules"]
    assert "complete for at most 1 switch" in done.stderr
    assert 80 >= max(map(len, done.stderr.splitlines()))


@pytest.mark.slow
def test_fuzz_by_chance_says_its_seed(tmp_path: Path) -> None:
    done = pyfuzz(*("fuzz", "--world", "threads", "--runs", "500", "--seed", "3"), folder=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert "seed 3" in done.stdout


def test_fuzz_target_without_walkers_says_so(tmp_path: Path) -> None:
    arguments = ("v6.6", "--world", "threads", "--systematic", "--switches", "0")
    done = pyfuzz("fuzz", *arguments, folder=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert done.stdout.startswith("v6.6 has no walker without mmu_lock")


def test_replay_shows_a_column_for_each_fiber_and_the_list(tmp_path: Path) -> None:
    (tmp_path / "x.seq").write_text(SEQUENCE)

    done = pyfuzz("replay", "x.seq", folder=tmp_path)

    assert 0 == done.returncode, done.stderr
    lines = done.stdout.splitlines()
    titles = next(line for line in lines if line.startswith("fiber 0: zap-one 0"))
    assert "| fiber 1: age" in titles
    switch = next(line for line in lines if "stops before" in line)
    assert "-- fiber 0 stops before its access 2: fiber 1 goes on; the list: [2: s0 s1]" == switch
    read = next(number for number, line in enumerate(lines) if "READ_ONCE head" in line)
    assert lines[read + 1].lstrip().startswith("rmap_lock:")
    assert max(map(len, lines)) <= 80
    assert "verdict: clean, nothing found" == lines[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fuzz", "--systematic"), "--systematic is for the world threads"),
        (("fuzz", "--world", "threads", "--switches", "1"), "add --systematic"),
        (("fuzz", "--world", "threads", "--faults"), "the world threads has none"),
        (("fuzz", "--world", "threads", "--sanitize"), "the world threads has no --sanitize"),
        (("replay", "x.seq", "--sanitize"), "the world threads has no --sanitize"),
        (("minimize", "x.seq"), "x.seq: must show a finding on v6.15 to be minimised"),
        (("replay", "bad.seq"), "bad.seq:2: a line must begin with list, fiber, switch"),
    ],
)
def test_command_that_cannot_work_says_why(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "x.seq").write_text(SEQUENCE)
    (tmp_path / "bad.seq").write_text(SEQUENCE.replace("list 2", "lists 2"))

    done = pyfuzz(*arguments, folder=tmp_path)

    assert 2 == done.returncode
    assert message in done.stderr
