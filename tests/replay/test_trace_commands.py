# SPDX-License-Identifier: GPL-2.0-only
"""The commands on sequence files: replay, show, pack, minimize."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import schema

from pyfuzz.cli.group import run
from pyfuzz.replay.record import ReplayRecord
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.container import pack
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse
from pyfuzz.target.catalogue import TARGETS

LOST = "add vm0 f0 s0\nremove vm0 f0 s1\n"
CLEAN = "add vm0 f0 s0 x99\n"

if TYPE_CHECKING:
    Capture = pytest.CaptureFixture[str]


@pytest.fixture
def lost(tmp_path: Path) -> str:
    path = tmp_path / "lost.seq"
    path.write_text(LOST)
    return str(path)


@pytest.mark.parametrize(
    ("target", "code", "verdict"),
    [
        ("rfc-v3", 1, "verdict: finding (lost-entry)"),
        ("rfc-v4", 0, "verdict: clean, nothing found"),
    ],
)
def test_replay_on_a_target_ends_with_verdict_and_exit_code(
    lost: str, capsys: Capture, target: str, code: int, verdict: str
) -> None:
    assert run(["replay", lost, "--target", target]) == code
    assert capsys.readouterr().out.splitlines()[-1] == verdict


def test_replay_known_finding_is_no_new_one(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "known.seq"
    path.write_text("add vm0 f0 s0 x20\nremove vm0 f0 s0\nadd vm0 f0 s30\n")
    assert run(["replay", str(path)]) == 0
    assert "verdict: known, nothing new (count-contract)" in capsys.readouterr().out


def test_replay_json_is_one_object_with_the_trace(lost: str, capsys: Capture) -> None:
    assert run(["replay", lost, lost, "--target", "rfc-v3", "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    schema.check(result, ReplayRecord)
    assert (result["verdict"], len(result["replays"])) == ("finding", 2)
    replay = result["replays"][0]
    assert [finding["kind"] for finding in replay["findings"]] == ["lost-entry"]
    assert replay["trace"][1]["lists"] == [
        {"list": "vm0 f0", "before": "head -> s0", "after": "head -> NULL"}
    ]


_BUILT = sum(target.builds for target in TARGETS.values())


@pytest.mark.slow
def test_replay_all_targets_says_each_verdict(lost: str, capsys: Capture) -> None:
    assert run(["replay", lost, "--all-targets"]) == 1
    counts = re.search(
        r"^(\d+) replays: (\d+) clean, 0 known, 5 finding$", capsys.readouterr().out, re.MULTILINE
    )
    assert counts is not None
    assert (_BUILT, _BUILT - 5) == tuple(map(int, counts.groups()))


def test_replay_of_a_sanitizer_finding_without_sanitizer_says_so(
    tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "asan.seq"
    path.write_text(f"# host-fault in pte_list_add: AddressSanitizer: heap-use-after-free\n{CLEAN}")
    assert run(["replay", str(path)]) == 0
    assert "note: the file mentions a sanitizer report: replay it with --sanitize" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay"], "Missing argument"),
        (["replay", "missing.seq"], "missing.seq: cannot be read: No such file"),
        (["replay", "bad.seq"], "bad.seq:1: an operation must be one of"),
        (["replay", "good.seq", "--target", "rfc-v5"], "there is no target 'rfc-v5'"),
        (["replay", "good.seq", "--all-targets", "--target", "bug"], "leave one out"),
        (["show", "cut.pyfz"], "cut.pyfz: the payload must have 4 bytes, has 3: it is truncated"),
        (["pack", "cut.pyfz"], "cut.pyfz: must be text, is a binary container"),
        (["pack", "good.seq", "-o", "bad.seq"], "bad.seq: already exists"),
        (["pack", "good.seq", "-o", "no/where"], "no/where: cannot write: No such file"),
        (["minimize", "good.seq"], "good.seq: must show a finding on rfc-v4 to be minimised"),
        (["minimize", "good.seq", "--kind", "oops"], "--kind must be one of host-bug, "),
    ],
)
def test_command_with_a_mistake_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.seq").write_text("ad vm0 f0 s0\n")
    Path("good.seq").write_text("add vm0 f0 s0\n")
    Path("cut.pyfz").write_bytes(pack(Input.of(parse("add vm0 f0 s0", "x")))[:-1])
    assert run(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("pyfuzz: ")
    assert message in said
    assert said.count("\n") == 1


def test_pack_and_show_give_the_canonical_text_back(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "clean.seq"
    path.write_text(f"# of my own\n{CLEAN}")
    assert run(["pack", str(path)]) == 0
    assert capsys.readouterr().out == f"{path.with_suffix('.pyfz')}: 2 operations, 24 bytes\n"
    assert run(["show", str(path.with_suffix(".pyfz"))]) == 0
    shown = capsys.readouterr().out
    assert shown == "# pyfuzz sequence 1\nadd vm0 f0 s0 x70\nadd vm0 f0 s70 x29\n"


def test_pack_raw_writes_the_engine_input(tmp_path: Path) -> None:
    path, output = tmp_path / "clean.seq", tmp_path / "raw"
    path.write_text(CLEAN)
    assert run(["pack", str(path), "--raw", "-o", str(output)]) == 0
    assert output.read_bytes() == encode(parse(CLEAN, "x"))


def test_minimize_writes_the_shortest_text(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "long.seq"
    path.write_text("count vm1 f3\nadd vm2 f5 s77 x3\nadd vm1 f3 s9\nremove vm1 f3 s1500\n")
    assert run(["minimize", str(path), "--target", "rfc-v3"]) == 0
    said = capsys.readouterr()
    assert said.out == (f"# pyfuzz sequence 1\n# lost-entry in pte_list_remove on rfc-v3\n{LOST}")
    assert said.err == "lost-entry in pte_list_remove: 4 operations before, 2 after\n"
