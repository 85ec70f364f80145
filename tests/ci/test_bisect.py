# SPDX-License-Identifier: GPL-2.0-only
"""One step of git bisect run: its answer, and that git finds the commit with it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import made_up
import pytest
from cli_process import COMMAND, environment, pyfuzz

from pyfuzz.ci.step import Answer, Sought, Word, agreed, judge
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.known_findings import Known

STRAY = "# pyfuzz sequence 1\nadd vm0 f0 s0\nremove vm0 f0 s9\n"
CHECK = "if (!KVM_BUG_ON_DATA_CORRUPTION(value != (unsigned long)spte, kvm))"
NO_CHECK = "if (1)"
BUG = RawFinding(Symptom(Kind.HOST_BUG, "pte_list_remove", "BUG() reached", 900), 1, 0, 1)
LOST = RawFinding(Symptom(Kind.LOST_ENTRY, "pte_list_remove", "s0 is gone"), 1, 0, 2)
COUNT = RawFinding(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", "must return 9"), 1, 0, 3)
RFC_V3 = catalogue.get("rfc-v3").knowing(
    [Known(Kind.COUNT_CONTRACT, "*", "so it is"), Known(Kind.HOST_BUG, "*", "not yet changed")]
)


@pytest.mark.parametrize(
    ("found", "sought", "word"),
    [
        ([], Sought(), Word.GOOD),
        ([LOST], Sought(), Word.BAD),
        ([COUNT], Sought(), Word.GOOD),
        ([COUNT, LOST], Sought(), Word.BAD),
        ([COUNT], Sought(Kind.COUNT_CONTRACT), Word.BAD),
        ([COUNT], Sought(Kind.LOST_ENTRY), Word.GOOD),
        ([LOST], Sought(Kind.LOST_ENTRY, "pte_list_remove"), Word.BAD),
        ([LOST], Sought(Kind.LOST_ENTRY, "pte_list_add"), Word.SKIP),
        ([LOST], Sought(Kind.LEAK), Word.SKIP),
        # Known, but the host is dead, so the rest was not run.
        ([BUG], Sought(), Word.SKIP),
        ([BUG], Sought(Kind.LOST_ENTRY), Word.SKIP),
    ],
)
def test_judge_of_a_run_skips_what_fails_for_another_reason(
    found: list[RawFinding], sought: Sought, word: Word
) -> None:
    assert word is judge(found, RFC_V3, sought).word


@pytest.mark.parametrize(
    ("words", "word", "why"),
    [
        ((Word.BAD,) * 3, Word.BAD, "why (3 of 3 runs)"),
        ((Word.GOOD,) * 2, Word.GOOD, "why (2 of 2 runs)"),
        ((Word.GOOD, Word.BAD, Word.BAD), Word.SKIP, "2 of 3 runs are bad, the others are not"),
        ((Word.BAD, Word.SKIP), Word.SKIP, "1 of 2 runs are bad"),
    ],
)
def test_runs_that_differ_are_skipped(words: tuple[Word, ...], word: Word, why: str) -> None:
    answer = agreed([Answer(one, "why") for one in words])

    assert word is answer.word and answer.why.startswith(why)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["stray.seq", "--target", "rfc-v3"], 1, "bad: lost-entry in pte_list_remove"),
        (["stray.seq", "--target", "rfc-v4"], 0, "good: it does not show a finding that is not"),
        (["stray.seq", "--target", "bug", "--kind", "leak"], 125, "skip: it shows host-bug in"),
        (["stray.seq", "--kernel", "gone"], 125, "skip: gone: no such file or folder"),
        (
            ["stray.seq", "--target", "rfc-v3", "--against", "rfc-v4"],
            1,
            "bad: difference in pte_list_remove",
        ),
        pytest.param(
            ["stray.seq", "--target", "rfc-v4", "--against", "rfc-v4"],
            0,
            "good: it does not show",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["stray.seq", "--target", "v6.6", "--against", "pages"],
            125,
            "skip: targets that are",
            marks=pytest.mark.slow,
        ),
        (["stray.seq", "--target", "v6.6", "--against", "v66"], 255, ""),
        (["gone.seq", "--target", "rfc-v3"], 255, ""),
        (["stray.seq", "--target", "rfc-v33"], 255, ""),
        (["stray.seq", "--target", "rfc-v3", "--kind", "oops"], 255, ""),
        (["stray.seq", "--target", "rfc-v3", "--tmes", "3"], 255, ""),
        (["stray.seq"], 255, ""),
    ],
)
def test_step_ends_with_the_code_that_git_wants(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "stray.seq").write_text(STRAY)

    done = pyfuzz("bisect", *arguments, "--times", "2", folder=tmp_path)

    assert (code, True) == (done.returncode, done.stdout.startswith(said)), done.stderr
    assert bool(done.stdout) is (code != 255)
    assert (code == 255) is (done.stderr.count("\n") == 1)


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments],
        cwd=repository,
        env=environment(GIT_CONFIG_GLOBAL="/dev/null"),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(repository: Path, subject: str, *changes: tuple[str, str]) -> None:
    path = repository / "arch/x86/kvm/mmu/mmu.c"
    text = path.read_text() + f"/* {subject} */\n"
    for old, new in changes:
        assert old in text, f"mmu.c must have {old!r}"
        text = text.replace(old, new)
    path.write_text(text)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", subject)


@pytest.mark.slow
def test_git_bisect_run_finds_the_commit_and_skips_what_does_not_build(tmp_path: Path) -> None:
    repository = made_up.tree(tmp_path / "linux")
    git(repository, "init", "-q", "-b", "main")
    commit(repository, "good")
    commit(repository, "good too")
    commit(repository, "do not compile", ("u32 spte_count;", "u32 spte_cuont;"))
    commit(repository, "compile again", ("u32 spte_cuont;", "u32 spte_count;"))
    commit(repository, "take out a check", (CHECK, NO_CHECK))
    commit(repository, "bad")
    (tmp_path / "stray.seq").write_text(STRAY)
    step = ["bisect", "../stray.seq", "--kernel", ".", "--kind", "lost-entry", "--times", "2"]

    git(repository, "bisect", "start", "HEAD", "HEAD~5")
    said = git(repository, "bisect", "run", *COMMAND, *step)

    assert "is the first bad commit" in said, said
    assert "skip: linux does not compile: " in said
    assert (
        "take out a check"
        == git(repository, "show", "-s", "--format=%s", "refs/bisect/bad").strip()
    )


@pytest.mark.slow
def test_git_bisect_run_finds_the_commit_that_made_a_difference(tmp_path: Path) -> None:
    repository = made_up.tree(tmp_path / "linux")
    git(repository, "init", "-q", "-b", "main")
    commit(repository, "good")
    commit(repository, "good too")
    commit(repository, "take out a check", (CHECK, NO_CHECK))
    commit(repository, "bad")
    (tmp_path / "stray.seq").write_text(STRAY)
    good = git(repository, "rev-parse", "HEAD~3").strip()
    step = ["bisect", "../stray.seq", "--kernel", ".", "--against", f".@{good}", "--times", "2"]

    git(repository, "bisect", "start", "HEAD", "HEAD~3")
    said = git(repository, "bisect", "run", *COMMAND, *step)

    assert "is the first bad commit" in said, said
    assert "bad: difference in" in said
    assert (
        "take out a check"
        == git(repository, "show", "-s", "--format=%s", "refs/bisect/bad").strip()
    )
