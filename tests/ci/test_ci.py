# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz ci`` as CI runs it: exit codes, the files, the base, the budget."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import made_up
import pytest
import schema
from campaigns import options, wait_for
from cli_process import pyfuzz, start
from made_runs import lost_entry, make_run

from pyfuzz.ci.plain import ResultRecord
from pyfuzz.ci.result import Result
from pyfuzz.ci.session import Session
from pyfuzz.kinds import Kind

QUICK = ("--runs", "2000", "--seed", "1", "--no-sanitizer-worker", "--no-report", "--out", "run")
KEYS = {
    "target", "source", "flavour", "seed", "workers", "base", "compared", "verdict", "seconds",
    "fuzzed_seconds", "executions", "operations", "out", "files", "regressions", "findings",
    "fixed", "interrupted", "notes", "error", "exhaust",
}  # fmt: skip
CHECK = "if (!KVM_BUG_ON_DATA_CORRUPTION(value != (unsigned long)spte, kvm))"
LOST = "add vm0 f0 s0\nremove vm0 f0 s1\n"
KNOWN = """
[[known]]
kind = "lost-entry"
function = "*"
reason = "to be mended"
[[known]]
kind = "log-flood"
function = "*"
reason = "a line each"
[[known]]
kind = "wrong-vm"
function = "*"
reason = "the VM that is plumbed"
"""


def ci(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return pyfuzz("ci", *QUICK, *arguments, folder=folder)


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    schema.check(result, ResultRecord)
    return result


def states(result: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["kind"], one["state"]) for one in result["findings"]}


def test_ci_of_a_clean_target_replays_fuzzes_and_exits_with_0(tmp_path: Path) -> None:
    done = ci("v6.6", "--json", folder=tmp_path)
    result = told(done)

    assert (0, "clean", KEYS) == (done.returncode, result["verdict"], set(result))
    assert result["regressions"]["replayed"] >= 28 and result["regressions"]["failed"] == 0
    assert 2000 == result["executions"]
    root = ET.parse(tmp_path / "run" / "junit.xml").getroot()
    assert "0" == root.get("failures")
    assert int(str(root.get("tests"))) == len(Kind) + result["regressions"]["replayed"]
    assert [] == json.loads((tmp_path / "run" / "pyfuzz.sarif").read_text())["runs"][0]["results"]


@pytest.mark.slow
def test_ci_with_exhaust_fails_on_what_the_search_of_all_states_finds(tmp_path: Path) -> None:
    done = ci("rfc-v3", "--no-shipped", "--exhaust", "30s", "--json", folder=tmp_path)
    result = told(done)

    assert 1 == done.returncode
    assert result["exhaust"]["states"] > 1000
    lost = [one for one in result["findings"] if one["kind"] == "lost-entry"]
    assert lost and lost[0]["state"] == "new"


@pytest.mark.slow
def test_ci_with_a_new_finding_exits_with_1_and_fails_in_the_files(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "lost.seq").write_text(LOST)
    files = ("--junit", "j.xml", "--sarif", "s.sarif")

    done = ci("rfc-v3", "--regressions", "own", *files, folder=tmp_path)

    assert 1 == done.returncode, done.stderr
    assert "regression FAILED: own/lost.seq" in done.stdout
    assert "1. NEW: lost-entry in pte_list_remove, " in done.stdout
    assert "; 1 regression failed" in done.stdout.splitlines()[-1]
    assert all(len(line) <= 80 for line in done.stdout.splitlines() if "pyfuzz replay" not in line)
    failures = [one.get("type") for one in ET.parse(tmp_path / "j.xml").iter("failure")]
    assert {"lost-entry", "regression"} <= set(failures)
    results = json.loads((tmp_path / "s.sarif").read_text())["runs"][0]["results"]
    lost = [one for one in results if one["ruleId"] == "lost-entry"]
    assert 1 == len(lost) and "error" == lost[0]["level"]


@pytest.mark.slow
def test_ci_with_known_findings_alone_exits_with_0(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)

    result = told(ci("rfc-v3", "--known", "known.toml", "--json", folder=tmp_path))

    assert "known" == result["verdict"]
    assert ("lost-entry", "known") in states(result)


@pytest.mark.slow
def test_ci_with_a_run_as_base_fails_on_what_that_has_not_found(tmp_path: Path) -> None:
    make_run(tmp_path / "earlier", lost_entry())

    done = ci("rfc-v3", "--base", "earlier", "--json", folder=tmp_path)
    result = told(done)

    assert (1, "run folder") == (done.returncode, result["base"]["what"])
    assert {("lost-entry", "base"), ("log-flood", "new")} <= states(result)
    assert ("lost-entry", "new") not in states(result)
    assert "compared with the run folder earlier (1 finding)" in done.stderr


@pytest.mark.slow
def test_ci_with_a_kernel_as_base_fails_on_what_the_change_brought(tmp_path: Path) -> None:
    made_up.variant(tmp_path / "before", "v7")
    made_up.variant(tmp_path / "after", "v7", (CHECK, "if (1)"))
    new, old = ("--kernel", "after/mmu.c"), ("--kernel", "before/mmu.c")

    brought = ci(*new, "--base", "before/mmu.c", "--json", folder=tmp_path)
    unchanged = ci(*new, "--base", "after/mmu.c", "--json", "--out", "two", folder=tmp_path)
    mended = ci(*old, "--base", "after/mmu.c", "--json", "--out", "three", folder=tmp_path)

    assert (1, 0, 0) == (brought.returncode, unchanged.returncode, mended.returncode)
    assert ("lost-entry", "new") in states(told(brought))
    assert ("lost-entry", "base") in states(told(unchanged))
    assert {"base"} == {state for _, state in states(told(unchanged))}
    assert told(brought)["regressions"]["failed"] > 0 == told(unchanged)["regressions"]["failed"]
    assert "clean" == told(mended)["verdict"]
    assert "lost-entry" in {one["kind"] for one in told(mended)["fixed"]}


@pytest.mark.slow
def test_ci_in_a_folder_of_before_the_mending_reports_what_is_mended_as_fixed(
    tmp_path: Path,
) -> None:
    path = made_up.variant(tmp_path, "v7", (CHECK, "if (1)"))
    before = ci("--kernel", "mmu.c", "--no-shipped", folder=tmp_path)
    path.write_text(made_up.text("v7"))

    done = ci("--kernel", "mmu.c", "--no-shipped", "--json", folder=tmp_path)

    assert (1, 0) == (before.returncode, done.returncode)
    assert [] == told(done)["findings"]
    assert "an earlier campaign in run" == told(done)["fixed"][0]["where"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--like", "v6.6"], "--like applies to a kernel"),
        (["--base", "run"], "--base and --out are both run"),
        (["--base", "gone"], "'gone' is none of these"),
        (["--regressions", "gone"], "gone: cannot be read"),
        (["--time", "5s"], "leave one out"),
    ],
)
def test_ci_with_a_mistake_exits_with_2_and_one_line(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = ci(*arguments, folder=tmp_path)

    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert said in done.stderr
    assert [] == list(tmp_path.iterdir())


@pytest.mark.slow
def test_ci_that_cannot_write_a_file_exits_with_2_after_the_summary(tmp_path: Path) -> None:
    done = ci("v6.6", "--no-shipped", "--junit", "gone/j.xml", folder=tmp_path)

    assert 2 == done.returncode
    assert "gone/j.xml: cannot write: No such file or directory" in done.stderr
    assert "verdict: clean" in done.stdout


@pytest.mark.slow
def test_ci_that_is_interrupted_writes_what_there_is_and_exits_with_130(tmp_path: Path) -> None:
    process = start(
        *("ci", "bug", "--time", "5m", "--base", "v6.6", "--workers", "1"),
        *("--no-sanitizer-worker", "--out", "run"),
        folder=tmp_path,
    )
    wait_for(lambda: bool(list((tmp_path / "run").glob("findings/host-bug*.seq"))))
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=300)

    assert 130 == process.returncode
    assert "NEW: host-bug in pte_list_remove" in stdout
    assert "were not compared with the base" in " ".join(stdout.split())
    assert "host-bug" in (tmp_path / "run" / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("budget_s", "spent_s", "least_s", "most_s"),
    [(300, 0, 269, 270), (300, 100, 169, 170), (60, 0, 44, 45), (60, 100, 1, 1)],
)
def test_time_to_fuzz_is_what_is_left_of_the_budget(
    tmp_path: Path, budget_s: float, spent_s: float, least_s: float, most_s: float
) -> None:
    chosen = options(tmp_path)
    session = Session(chosen, (), None, None, budget_s, time.monotonic() - spent_s)
    result = Result(chosen, None)

    assert least_s <= session._left_s(result) <= most_s
    assert bool(result.notes) is (spent_s > budget_s)
