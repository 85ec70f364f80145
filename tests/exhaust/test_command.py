# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz exhaust``: exit codes, keys, words, and findings that replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_process import pyfuzz

SMALL = ("exhaust", "--scope", "heads", "--entries", "2")


def test_exhaust_of_a_clean_target_says_complete_and_exits_0(tmp_path: Path) -> None:
    done = pyfuzz(*SMALL, "v6.6", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "complete: every state of the scope was visited, none is left" in done.stdout
    assert "verdict: clean: nothing found; complete within its scopes" in done.stdout
    assert not list(tmp_path.iterdir())


def test_exhaust_json_has_the_keys_of_the_contract(tmp_path: Path) -> None:
    done = pyfuzz(*SMALL, "rfc-v3", "--json", folder=tmp_path)

    found = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    keys = ("target", "world", "scope", "states", "transitions", "left", "depth", "audits")
    assert set(keys) | {"complete", "verdict", "findings"} <= set(found)
    assert (found["complete"], found["left"], found["verdict"]) == (True, 0, "finding")
    assert found["audits"]["failed"] == 0 < found["audits"]["states"]


@pytest.mark.slow
def test_exhaust_keeps_a_shortest_sequence_that_replays(tmp_path: Path) -> None:
    done = pyfuzz(*SMALL, "rfc-v3", "--json", "--out", "run", folder=tmp_path)

    lost = next(f for f in json.loads(done.stdout)["findings"] if f["kind"] == "lost-entry")
    assert lost["operations"] == ["add vm0 f0 s0", "rmap-remove vm0 f0 s1"]
    again = pyfuzz("replay", lost["artifact"], "--target", "rfc-v3", folder=tmp_path)
    assert again.returncode == 1
    assert "lost-entry in pte_list_remove" in again.stdout
    assert pyfuzz("report", "run", folder=tmp_path).returncode in (0, 2)


def test_exhaust_with_known_findings_only_exits_0(tmp_path: Path) -> None:
    # 15 entries, one removed: the known count-contract of this generation.
    done = pyfuzz("exhaust", "bug", "--scope", "long", "--descriptors", "2", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "known: count-contract in pte_list_add" in done.stdout


def test_exhaust_that_is_cut_says_up_to_how_many_operations(tmp_path: Path) -> None:
    done = pyfuzz(*SMALL, "v6.6", "--depth", "3", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert (
        "cut short by the depth limit: every sequence of up to 3 operations was tried"
        in done.stdout
    )
    assert "not complete" in done.stdout


def test_exhaust_of_an_unknown_scope_exits_2_with_one_line(tmp_path: Path) -> None:
    done = pyfuzz("exhaust", "v6.6", "--scope", "wide", folder=tmp_path)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--scope must be one of grown, heads, frames, vms, long, is 'wide'" in done.stderr
