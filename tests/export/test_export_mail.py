# SPDX-License-Identifier: GPL-2.0-only
"""pyfuzz export --format mail: what a maintainer is told, in 72 columns."""

from __future__ import annotations

import email
import json
import shlex
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from pyfuzz.cli.export import Bad, export
from pyfuzz.errors import UsageError
from pyfuzz.export import mail
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel

STRAY = "add vm0 f0 s0\nremove vm0 f0 s9\n"
CORRECT = "add vm0 f0 s0 x30\nremove vm0 f0 s3\nadd vm0 f0 s40\n"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(export, [str(argument) for argument in arguments])


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.seq"
    path.write_text(STRAY)
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with one commit."""
    folder = tmp_path / "linux"
    folder.mkdir()
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], [*name, "commit", "-q", "--allow-empty", "-m", "KVM: break"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    return folder


def test_export_mail_of_a_file_says_what_where_and_on_which_versions(wrong: Path) -> None:
    result = call(wrong, "--format", "mail", "--target", "rfc-v3")

    assert result.exit_code == 0, result.output
    mail = email.message_from_string(result.stdout)
    body = mail.get_payload()
    assert "[BUG] KVM: x86/mmu: lost-entry in pte_list_remove()" == mail["Subject"]
    assert "  add vm0 f0 s0\n  remove vm0 f0 s9\n" in body
    assert "rfc-v4 (pyfuzz's port; 6.1, append): nothing found" in body
    assert "bug (pyfuzz's port; 6.1, append): host-bug in pte_list_remove()" in body
    assert '\nFirst bad commit: not bisected\nFixes: <12 digits of the commit> ("' in body


@pytest.mark.slow
def test_export_mail_long_command_stays_in_72_columns_and_whole(tmp_path: Path) -> None:
    folder = tmp_path / "a folder with a long name" / "and one more" / "in it"
    folder.mkdir(parents=True)
    path = folder / "wrong.seq"
    path.write_text(STRAY)

    result = call(path, "--format", "mail", "--target", "rfc-v2")

    lines = result.stdout.splitlines()
    too_long = [line for line in lines if len(line) > 72 and str(path) not in line]
    assert [] == too_long
    _, _, behind = result.stdout.partition("in a file:\n\n")
    command, _, _ = behind.partition("\n\nFound")
    assert ["pyfuzz", "replay", str(path), "--target", "rfc-v2"] == shlex.split(
        command.replace("\\\n", "")  # as a shell reads it
    )


@pytest.mark.slow
def test_export_mail_sequence_can_be_replayed_from_the_mail(tmp_path: Path) -> None:
    path = tmp_path / "right.seq"
    path.write_text(CORRECT)

    result = call(path, "--format", "mail", "--target", "rfc-v4")

    assert result.exit_code == 0, result.output
    _, _, behind = result.stdout.partition("one operation per line:\n\n")
    text, _, _ = behind.partition("\n\nWhat was seen")
    assert parse(CORRECT, "it") == parse(text, "the mail")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sequence", "target", "advice"),
    [
        (STRAY, "rfc-v3", "only after another mistake"),
        (CORRECT, "rfc-v4", "Every operation of the sequence is correct"),
    ],
)
def test_export_mail_advice_depends_on_what_the_sequence_does(
    sequence: str, target: str, advice: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.seq"
    path.write_text(sequence)

    result = call(path, "--format", "mail", "--target", target)

    said = " ".join(result.stdout.split())
    assert advice in said
    assert "security@kernel.org" in said


def test_export_mail_without_a_finding_is_refused(wrong: Path) -> None:
    result = call(wrong, "--format", "mail", "--target", "rfc-v4")

    assert isinstance(result.exception, UsageError)
    assert "has no finding on rfc-v4" in str(result.exception)


@pytest.mark.slow
def test_export_mail_run_folder_gives_a_mail_for_each_finding(tmp_path: Path) -> None:
    finding = {
        "kind": "lost-entry",
        "function": "pte_list_remove",
        "line": 0,
        "message": "s0 is gone",
        "count": 7,
        "first_execution": 3,
        "first_seconds": 0.1,
        "operations": STRAY.splitlines(),
        "artifact": "findings/lost.seq",
        "known": False,
        "reason": None,
    }
    numbers = ("seed", "workers", "executions", "executions_per_second", "operations")
    summary = {
        **dict.fromkeys((*numbers, "operations_per_second", "edges", "states", "corpus"), 1),
        "target": "rfc-v3",
        "flavour": "fuzz",
        "seconds": 1.5,
        "verdict": "finding",
        "findings": [finding, {**finding, "kind": "host-bug", "artifact": "findings/gone.seq"}],
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary))

    result = call(tmp_path, "--format", "mail")

    assert result.exit_code == 0, result.output
    path = tmp_path / "findings" / "lost.mail"
    assert f"{path}\n" == result.stdout
    assert "host-bug in pte_list_remove: skipped: rfc-v3 does not show it" in result.stderr
    assert "Subject: [BUG] KVM: x86/mmu: lost-entry in" in path.read_text()


def test_first_bad_of_a_repository_fills_the_fixes_line(repository: Path) -> None:
    bad = Bad.of("HEAD", Kernel(repository))

    command = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout[:12]
    assert Bad(f'{commit} ("KVM: break")', f'{commit} ("KVM: break")') == bad


def test_first_bad_that_is_no_commit_is_refused(repository: Path) -> None:
    with pytest.raises(UsageError, match="--first-bad must be a commit"):
        Bad.of("v1.0", Kernel(repository))


def test_first_bad_without_a_repository_leaves_the_subject_to_fill_in() -> None:
    assert Bad("0123456789ab", '0123456789ab ("<its subject>")') == Bad.of("0123456789abcdef", None)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("pages", "accesses of a guest and calls of its VMM"),
        ("rfc-v4", "Every operation of the sequence is correct"),
    ],
)
def test_mail_says_what_the_operations_of_a_world_tell_of_a_guest(target: str, said: str) -> None:
    done = SimpleNamespace(
        target=catalogue.get(target), file=SimpleNamespace(faults=False), entries=[]
    )
    assert said in mail._advice(done)  # type: ignore[arg-type]
