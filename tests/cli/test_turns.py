# SPDX-License-Identifier: GPL-2.0-only
"""Who fuzzes when: workers and time dealt to worlds, turns, and what ends them early."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from cli_process import COMMAND, environment

from pyfuzz.campaign.turn import END, GO, WAIT, WAITING, Told
from pyfuzz.cli.turns import SLICE_S, Plan


def plan(worlds: str, workers: int | None, seconds: float = 600.0) -> Plan:
    names = tuple(worlds.split())
    return Plan(names, ("v6.15",), workers, seconds, None, 1, Path("out"))


def test_shares_workers_are_dealt_to_the_worlds() -> None:
    shares = plan("lists pages threads", 5).shares()

    assert [("lists", 2), ("pages", 2), ("threads", 1)] == [(s.world, s.workers) for s in shares]
    assert {600.0} == {share.seconds for share in shares}


@pytest.mark.parametrize(("workers", "seconds"), [(1, 200.0), (2, 400.0), (None, 200.0)])
def test_shares_worlds_that_take_turns_divide_the_time(workers: int | None, seconds: float) -> None:
    shares = plan("lists pages threads", workers).shares()

    assert [seconds] * 3 == [share.seconds for share in shares]
    assert {workers and 1} == {share.workers for share in shares}


def test_shares_runs_add_up_to_those_asked_for() -> None:
    shares = replace(plan("lists pages threads", 1), seconds=None, runs=20_000).shares()

    assert [6667, 6667, 6666] == [share.runs for share in shares]


def test_slices_are_short_enough_for_several_turns_each() -> None:
    assert SLICE_S == plan("lists threads", 1).slice_s()
    assert 5.0 == plan("lists pages threads", 1, 60.0).slice_s()


def test_command_names_world_share_and_seed() -> None:
    one = plan("lists threads", 1)
    command = one.command(one.shares()[1], 7)

    assert "--world threads --out out/threads --seed 1 --json --turns 7" in " ".join(command)
    assert "--workers 1 --time 600.00s" in " ".join(command), "ended after its share"


def test_share_of_a_world_that_cannot_run_goes_to_the_others() -> None:
    three = plan("lists pages threads", 1)

    assert (200.0, 300.0, 600.0) == (three.share_s(3), three.share_s(2), three.share_s(1))
    assert 600.0 == plan("lists pages threads", 2).share_s(2)


class Campaign:
    """A campaign that is given its turns by the test."""

    def __init__(self, folder: Path) -> None:
        self.link, theirs = socket.socketpair()
        self._unread = b""
        options = ["--json", "--no-report", "--no-sanitizer-worker", "--workers", "1"]
        options += ["--time", "10m", "--out", "run", "--turns", str(theirs.fileno())]
        self.process = subprocess.Popen(
            [*COMMAND, "fuzz", "rfc-v4", *options],
            cwd=folder, env=environment(), pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        self.link.settimeout(300.0)

    def result(self) -> dict[str, int]:
        out, _ = self.process.communicate(timeout=300)
        self.link.close()
        said: dict[str, int] = json.loads(out)
        return said

    def until(self, told: Callable[[Told], bool]) -> Told:
        while True:
            line, newline, self._unread = self._unread.partition(b"\n")
            if not newline:
                self._unread = line + self.link.recv(1 << 16)
                continue
            last = Told(**json.loads(line))
            if told(last):
                return last


@pytest.mark.slow
def test_campaign_fuzzes_only_in_its_turns_and_counts_only_these(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path)
    assert 0 == campaign.until(lambda told: told.phase == WAITING).executions
    campaign.link.send(GO)
    campaign.until(lambda told: told.executions > 100)
    campaign.link.send(WAIT)
    paused = campaign.until(lambda told: told.phase == WAITING)
    campaign.link.settimeout(2.0)
    with pytest.raises(TimeoutError):
        campaign.until(lambda told: told.phase != WAITING)
    campaign.link.settimeout(300.0)
    again_s = time.monotonic()
    campaign.link.send(GO)
    again = campaign.until(lambda told: told.phase == "fuzzing")
    assert again.seconds - paused.seconds < time.monotonic() - again_s + 1.5, "not the 2 s before"
    campaign.until(lambda told: told.executions > paused.executions)
    campaign.link.send(END)
    assert campaign.result()["executions"] > paused.executions


@pytest.mark.slow
def test_campaign_whose_command_is_gone_ends_with_its_summary(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path)
    campaign.until(lambda told: told.phase == WAITING)
    campaign.link.send(GO)
    campaign.until(lambda told: told.executions > 0)
    campaign.link.close()

    assert campaign.result()["executions"] > 0


def test_told_survives_its_line() -> None:
    told = Told("fuzzing", 1.5, 7, 8, 9, 10, 1, 2)

    assert told == Told(**json.loads(json.dumps(asdict(told))))
