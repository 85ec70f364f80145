# SPDX-License-Identifier: GPL-2.0-only
"""pyfuzz export: from a file and from a run folder, and the errors for both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from compilers import compile_c, run

from pyfuzz.cli.export import export
from pyfuzz.errors import UsageError
from pyfuzz.export import subject
from pyfuzz.kinds import Kind

pytestmark = pytest.mark.compilers

SINGLE_STRAY = "add vm0 f0 s0\nremove vm0 f0 s9\n"
FINDING: dict[str, Any] = {
    "kind": "lost-entry",
    "function": "pte_list_remove",
    "line": 0,
    "message": "vm0 f0 must hold 1 entries, holds 0: s0 is gone",
    "count": 7,
    "first_execution": 3,
    "first_seconds": 0.1,
    "operations": SINGLE_STRAY.splitlines(),
    "artifact": "out/elsewhere/findings/lost-entry-pte_list_remove-0badcafe.seq",
    "known": False,
    "reason": None,
}
SUMMARY: dict[str, Any] = {
    "target": "rfc-v3",
    "flavour": "fuzz",
    "seed": 1,
    "workers": 2,
    "seconds": 1.5,
    "executions": 10,
    "executions_per_second": 7,
    "operations": 20,
    "operations_per_second": 13,
    "edges": 1,
    "states": 1,
    "corpus": 1,
    "verdict": "finding",
    "findings": [FINDING],
}


def call(*arguments: object) -> Result:
    return CliRunner().invoke(export, [str(argument) for argument in arguments])


def written(folder: Path, summary: object) -> Path:
    """Write a run folder with a result."""
    folder.mkdir(exist_ok=True)
    text = summary if isinstance(summary, str) else json.dumps(summary)
    (folder / "summary.json").write_text(text)
    return folder


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.seq"
    path.write_text(SINGLE_STRAY)
    return path


def test_export_file_as_c_prints_a_file_that_fails(wrong: Path, tmp_path: Path) -> None:
    result = call(wrong, "--format", "c", "--target", "rfc-v3")

    assert result.exit_code == 0, result.output
    source = tmp_path / "repro.c"
    source.write_bytes(result.stdout_bytes)
    assert run(compile_c("clang", source)).status == 1
    assert f"pyfuzz replay {wrong} --target rfc-v3" in result.stdout


def test_export_file_as_c_of_a_target_without_the_bug_says_so_and_passes(
    wrong: Path, tmp_path: Path
) -> None:
    out = tmp_path / "repro.c"

    result = call(wrong, "--format", "c", "--kind", "lost-entry", "-o", out)

    assert (0, "") == (result.exit_code, result.stdout)
    assert "pyfuzz: rfc-v4 does not show lost-entry: the C file checks" in result.stderr
    assert run(compile_c("clang", out)).status == 0


def test_export_file_as_junit_and_sarif_has_its_findings(wrong: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.sarif"

    first = call(wrong, "--format", "junit", "--target", "bug")
    second = call(wrong, "--format", "sarif", "--target", "bug", "-o", out)

    assert [first.exit_code, second.exit_code] == [0, 0]
    assert ET.fromstring(first.stdout).get("failures") == "1"
    (result,) = json.loads(out.read_text())["runs"][0]["results"]
    assert result["ruleId"] == "host-bug"


def test_export_run_as_c_puts_a_file_beside_each_finding(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", SUMMARY)

    result = call(folder, "--format", "c")

    path = folder / "findings" / "lost-entry-pte_list_remove-0badcafe.c"
    assert (0, f"{path}\n") == (result.exit_code, result.stdout)
    assert run(compile_c("clang", path)).status == 1


def test_export_run_as_c_for_another_target_checks_the_same_there(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", SUMMARY)

    result = call(folder, "--format", "c", "--target", "rfc-v4", "-o", tmp_path / "c")

    assert "rfc-v4 does not show lost-entry in pte_list_remove" in result.stderr
    (path,) = (tmp_path / "c").iterdir()
    assert run(compile_c("clang", path)).status == 0


def test_export_run_knows_what_the_user_declares(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", SUMMARY)
    known = tmp_path / "known.toml"
    known.write_text('[[known]]\nkind = "lost-entry"\nfunction = "*"\nreason = "old tree"\n')

    result = call(folder, "--format", "junit", "--known", known)

    root = ET.fromstring(result.stdout)
    assert (root.get("failures"), root.get("skipped")) == ("0", "1")


def test_run_that_was_moved_has_its_artifacts_where_it_is_now(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", SUMMARY)

    (item,) = subject.of_run(folder).items

    path = folder / "findings" / "lost-entry-pte_list_remove-0badcafe.seq"
    assert item.command == f"pyfuzz replay {path} --target rfc-v3"
    assert (item.kind, item.count, item.first_seconds) == (Kind.LOST_ENTRY, 7, 0.1)


@pytest.mark.parametrize(
    ("summary", "message"),
    [
        ("{", "summary.json: must be JSON: "),
        (
            "[]",
            "summary.json: it must be an object, is []; name the run folder of a campaign",
        ),
        ({}, "summary.json: it has no 'target'; name the run folder of a campaign"),
        ({**SUMMARY, "target": "mine"}, "the source of its target mine no longer exists"),
        (
            {**SUMMARY, "findings": 3},
            "summary.json: findings must be a list, is 3; name the run folder of a campaign",
        ),
        (
            {**SUMMARY, "findings": [{**FINDING, "kind": "lost"}]},
            'summary.json: findings[0]: kind must be a kind of finding, is "lost"',
        ),
        (
            {**SUMMARY, "findings": [FINDING, {**FINDING, "count": True}]},
            "summary.json: findings[1].count must be a number, is true",
        ),
        (
            {**SUMMARY, "findings": [{**FINDING, "operations": ["add vm0 f0 s0", "jump"]}]},
            "summary.json: findings[0]:2: an operation must be one of",
        ),
    ],
)
def test_run_with_a_wrong_summary_is_refused_in_one_line(
    tmp_path: Path, summary: object, message: str
) -> None:
    folder = written(tmp_path / "run", summary)

    with pytest.raises(UsageError) as error:
        subject.of_run(folder)

    assert message in str(error.value)
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


def test_run_without_a_summary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must have summary\.json, has none; name the run folder"):
        subject.of_run(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "c", "--target", "v6.6"], "has no finding on v6.6"),
        (["--format", "c", "--kind", "lost"], "--kind must be one of host-bug, "),
        (["--format", "sarif", "--kind", "leak"], "--kind applies to --format c"),
        (["--format", "junit", "-o", "/nowhere/x.xml"], "/nowhere/x.xml: cannot write: No"),
    ],
)
def test_export_file_with_a_wrong_option_is_refused(
    wrong: Path, arguments: list[str], message: str
) -> None:
    assert message in str(call(wrong, *arguments).exception)


def test_export_run_as_a_report_for_another_target_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "run", SUMMARY)

    result = call(folder, "--format", "sarif", "--target", "rfc-v4")

    assert "a sarif report of a run is about the run's own target" in str(result.exception)


def test_export_file_with_faults_as_c_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.seq"
    path.write_text("add vm0 f0 s0 x2\nfault vm0 f0 head-zero\nremove vm0 f0 s0\n")
    error = call(path, "--format", "c", "--target", "bug").exception
    assert isinstance(error, UsageError)
    assert "x.seq: must have no faults to become a C file, has one" in str(error)


def test_export_run_as_c_leaves_out_what_has_faults(tmp_path: Path) -> None:
    lines = ["add vm0 f0 s0 x2", "fault vm0 f0 head-zero", "remove vm0 f0 s0"]
    planted = {**FINDING, "kind": "host-bug", "operations": lines}
    run_folder = written(tmp_path, {**SUMMARY, "findings": [FINDING, planted]})
    result = call(run_folder, "--format", "c")
    assert "host-bug in pte_list_remove: skipped: a C file cannot plant faults" in result.stderr
    assert 1 == len(list((run_folder / "findings").glob("*.c")))
