# SPDX-License-Identifier: GPL-2.0-only
"""One step of ``git bisect run``: is this revision good, bad, or to be skipped?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence.container import SequenceFile
from pyfuzz.target.catalogue import Target


class Word(Enum):
    """What git is told; ``code`` is the exit code that says so."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"

    @property
    def code(self) -> int:
        """What ``git bisect run`` takes for this word."""
        return {"good": 0, "bad": 1, "skip": 125}[self.value]


@dataclass(frozen=True, slots=True)
class Answer:
    """A word, and why in one line."""

    word: Word
    why: str


@dataclass(frozen=True, slots=True)
class Sought:
    """The finding that is bisected: of any kind that is not known, or of this one."""

    kind: Kind | None = None
    function: str | None = None

    def __str__(self) -> str:
        what = self.kind.value if self.kind else "a finding that is not known"
        return what + (f" in {self.function}" if self.function else "")


def ask(file: SequenceFile, target: Target, flavour: str, sought: Sought, times: int) -> Answer:
    """Run a sequence ``times`` times, each in its own process, and say what they agree on.

    Errors: PyfuzzError if the target does not build.
    """
    answers = []
    for _ in range(times):
        with Runner(target, flavour) as runner:
            answers.append(judge(runner.run(file.input), target, sought))
    return agreed(answers)


def judge(found: Iterable[RawFinding], target: Target, sought: Sought) -> Answer:
    """Say what one run means.

    A finding other than the one sought makes it a skip if that finding is new, or
    if nothing was run after it.
    """
    others = []
    for one in found:
        known = target.known_reason(one.symptom) is not None
        wanted = one.kind is sought.kind if sought.kind else not known
        if wanted and sought.function in (None, one.function):
            return Answer(Word.BAD, f"{one.title}: {one.message}")
        if not known or one.kind.destructive or one.kind is Kind.WRONG_VM:
            others.append(one.title)
    if others:
        return Answer(Word.SKIP, f"it shows {others[0]} instead of {sought}")
    return Answer(Word.GOOD, f"it does not show {sought}")


def agreed(answers: list[Answer]) -> Answer:
    """Return what all runs say; a skip if they differ."""
    first, times = answers[0], len(answers)
    if all(answer.word is first.word for answer in answers):
        return Answer(first.word, f"{first.why} ({times} of {times} runs)")
    bad = sum(answer.word is Word.BAD for answer in answers)
    return Answer(
        Word.SKIP, f"{bad} of {times} runs are bad, the others are not: it comes and goes"
    )
