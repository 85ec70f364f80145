# SPDX-License-Identifier: GPL-2.0-only
"""Findings become sequence files that pytest runs on every target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pyfuzz.cli.regress import regress
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.regression import writing
from pyfuzz.regression.expectation import parse_expectations
from pyfuzz.regression.writing import Case
from pyfuzz.sequence import container
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue

SINGLE_STRAY = "add vm3 f5 s100\nremove vm3 f5 s7\n"
OFF = "lost-entry-rmap-remove-off-a-member-from-empty"
HOLE = "add vm0 f0 s0 x20\nremove vm0 f0 s0\nadd vm0 f0 s30\n"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(regress, [str(argument) for argument in arguments])


def case(text: str, operation: int, kind: Kind = Kind.LOST_ENTRY) -> Case:
    operations = tuple(parse(text, "test"))
    return Case(Symptom(kind, "pte_list_remove", "s0 is gone"), "rfc-v3", operations, operation)


@pytest.fixture
def few_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child process per port takes time; two show what matters."""
    few = [catalogue.get(name) for name in ("rfc-v3", "v6.6")]
    monkeypatch.setattr(writing, "everything", lambda: few)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.seq"
    path.write_text(SINGLE_STRAY)
    return path


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run folder with a result."""
    folder = tmp_path / "run"
    folder.mkdir()
    finding = {
        "kind": "lost-entry",
        "function": "pte_list_remove",
        "line": 0,
        "message": "vm3 f5 must hold 1 entries, holds 0: s100 is gone",
        "count": 7,
        "first_execution": 1,
        "first_seconds": 0.1,
        "operations": SINGLE_STRAY.splitlines(),
        "artifact": None,
        "known": False,
        "reason": None,
    }
    known = {
        **finding,
        "kind": "count-contract",
        "function": "pte_list_add",
        "operations": HOLE.splitlines(),
        "reason": "kernels do that",
    }
    summary = {
        "target": "rfc-v3",
        "flavour": "fuzz",
        "seconds": 1.5,
        "seed": 1,
        "workers": 1,
        "executions": 10,
        "operations": 20,
        "executions_per_second": 6.7,
        "operations_per_second": 13.3,
        "edges": 3,
        "states": 4,
        "corpus": 2,
        "verdict": "finding",
        "findings": [finding, known],
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.mark.parametrize(
    ("text", "operation", "expected"),
    [
        (SINGLE_STRAY, 1, "lost-entry-remove-a-stray-from-single"),
        ("remove vm0 f0 s9", 0, "lost-entry-remove-a-stray-from-empty"),
        (HOLE, 2, "lost-entry-add-to-many"),
        ("rmap-add vm0 f1 s0\nrmap-remove-off vm0 f1 #0", 1, OFF),
        ("enter vm0 cpu0", 0, "lost-entry-enter"),
        (
            "add vm0 f0 s0 x3\nremove vm0 f0 #1 x2\nadd vm0 f0 s4",
            1,
            "lost-entry-remove-a-member-from-many",
        ),
        ("add vm1 f0 s0\nremove vm0 vm1:f0 s0", 1, "lost-entry-remove-in-a-stray-from-single"),
        ("add vm0 f0 s0", 1, "lost-entry-tear-down"),
        ("", 0, "lost-entry-tear-down"),
    ],
)
def test_name_of_a_case_says_what_is_shown_and_by_what(
    text: str, operation: int, expected: str
) -> None:
    assert expected == writing.name_of(case(text, operation))


@pytest.mark.slow
def test_regress_file_writes_what_every_port_shows(wrong: Path, tmp_path: Path) -> None:
    folder = tmp_path / "regressions"

    result = call(wrong, folder)

    path = folder / "host-bug-remove-a-stray-from-single.seq"
    assert (0, f"{path}\n") == (result.exit_code, result.output)
    assert path.read_text() == (
        "# pyfuzz sequence 1\n"
        "# shows: host-bug in pte_list_remove of bug: BUG() reached: the host would have died\n"
        "# expect bug, v6.6-corruption-bug: host-bug pte_list_remove\n"
        "# expect rfc-v2, rfc-v3: lost-entry pte_list_remove\n"
        "# expect v5.10: host-bug __pte_list_remove\n" + SINGLE_STRAY
    )


@pytest.mark.usefixtures("few_ports")
def test_regress_file_on_a_target_is_named_for_what_it_shows_there(
    wrong: Path, tmp_path: Path
) -> None:
    result = call(wrong, tmp_path / "r", "--target", "rfc-v3", "--shows", "the  only\nentry goes")

    path = tmp_path / "r" / "lost-entry-remove-a-stray-from-single.seq"
    assert result.exit_code == 0, result.output
    lines = path.read_text().splitlines()
    assert lines[1] == "# shows: the only entry goes"
    assert lines[2].startswith("# first seen on rfc-v3: lost-entry in pte_list_remove: vm3 f5 must")


@pytest.mark.slow
def test_regress_file_that_was_written_is_what_every_port_does(wrong: Path, tmp_path: Path) -> None:
    call(wrong, tmp_path / "r", "--name", "single.seq")

    file = container.read(tmp_path / "r" / "single.seq")
    expectations = parse_expectations(file.text or "", "single.seq")
    (seen,) = writing.see([file.operations])
    for name, findings in seen.items():
        assert [] == expectations.problems(catalogue.get(name), findings)


@pytest.mark.usefixtures("few_ports")
@pytest.mark.parametrize("text", [SINGLE_STRAY, "add vm0 f0 s3\nremove vm0 f0 s9\n"])
def test_regress_file_that_is_there_already_is_refused_by_its_name(
    wrong: Path, tmp_path: Path, text: str
) -> None:
    folder = tmp_path / "r"
    call(wrong, folder, "--target", "rfc-v3", "--name", "first")
    wrong.write_text(text)

    result = call(wrong, folder, "--target", "rfc-v3")

    assert isinstance(result.exception, UsageError)
    assert f"already covered: {folder}/first.seq shows the same" in str(result.exception)
    assert [folder / "first.seq"] == list(folder.iterdir())


def test_duplicate_of_a_case_is_also_a_file_that_expects_nothing(tmp_path: Path) -> None:
    (tmp_path / "plain.seq").write_text(SINGLE_STRAY)
    (tmp_path / "like.seq").write_text("add vm0 f0 s3\nremove vm0 f0 s9\n")
    files = writing.read_folder(tmp_path, pytest.fail)

    assert writing.duplicate_of(case(SINGLE_STRAY, 1), files) == tmp_path / "plain.seq"
    assert writing.duplicate_of(case("add vm0 f0 s0\nremove vm0 f0 s1", 1), files) is None


def test_case_of_findings_is_the_first_that_is_not_known() -> None:
    target = catalogue.get("rfc-v3")
    said = "must return 14: those up to the first descriptor with room"
    known = RawFinding(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", said), 2, 0, 1)
    new = RawFinding(Symptom(Kind.LOST_ENTRY, "pte_list_remove", "s0 is gone"), 4, 0, 2)

    chosen = [writing.case_of(found, target, ()) for found in ([known, new], [known], [])]

    assert [one and one.kind for one in chosen] == [Kind.LOST_ENTRY, Kind.COUNT_CONTRACT, None]


@pytest.mark.usefixtures("few_ports")
def test_regress_file_of_another_bug_with_the_same_name_gets_a_number(
    wrong: Path, tmp_path: Path
) -> None:
    call(wrong, tmp_path / "r", "--name", "it")
    wrong.write_text(HOLE)

    result = call(wrong, tmp_path / "r", "--name", "it")

    assert f"{tmp_path}/r/it-2.seq\n" == result.output


@pytest.mark.usefixtures("few_ports")
def test_regress_file_that_shows_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "right.seq"
    path.write_text("add vm0 f0 s0\n")

    result = call(path, tmp_path / "r")

    assert "has no finding on any target" in str(result.exception)
    assert not (tmp_path / "r").exists()


@pytest.mark.usefixtures("few_ports")
def test_regress_run_takes_the_findings_that_are_not_known(
    run_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "r"

    first, second = call(run_folder, folder), call(run_folder, folder)

    path = folder / "lost-entry-remove-a-stray-from-single.seq"
    assert (0, f"{path}\n") == (first.exit_code, first.output)
    assert second.output == f"{path} (already there: lost-entry in pte_list_remove)\n"
    assert [path] == list(folder.iterdir())


@pytest.mark.usefixtures("few_ports")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "a/b"], "--name must be letters, digits"),
        (["--target", "rfc-v9"], "there is no target 'rfc-v9'"),
        (["--target", "v6.6"], "has no finding on v6.6"),
    ],
)
def test_regress_file_with_a_wrong_option_is_refused(
    wrong: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = call(wrong, tmp_path / "r", *arguments)

    assert message in str(result.exception)
    assert not (tmp_path / "r").exists()


@pytest.mark.usefixtures("few_ports")
def test_regress_run_with_a_target_is_refused(run_folder: Path, tmp_path: Path) -> None:
    result = call(run_folder, tmp_path / "r", "--target", "rfc-v3")

    assert "names what it fuzzed" in str(result.exception)


@pytest.mark.usefixtures("few_ports")
def test_regress_folder_that_cannot_be_written_is_said_in_one_line(
    wrong: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    result = call(wrong, tmp_path / "file" / "r")

    assert f"{tmp_path}/file/r: cannot be written: Not a directory; name another folder" == str(
        result.exception
    )
