# SPDX-License-Identifier: GPL-2.0-only
"""A schedule as a C program: POSIX threads that are held at its switches, built by gcc."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.export import c_threads
from pyfuzz.export.c_threads import Hold, holds
from pyfuzz.kinds import Kind
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.replay.entry import Access
from pyfuzz.replay.replays import Replay, replay
from pyfuzz.sequence import container
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.worlds.threads.operation import Sequence, Switch

HEADER = "# pyfuzz sequence 2 threads\n"
FLAGS = {Kind.USE_AFTER_FREE: "-fsanitize=address", Kind.DATA_RACE: "-fsanitize=thread"}
BETWEEN = "list 15\nfiber 0 zap-all\nfiber 0 add\nfiber 1 age\nswitch 0 0 1\nswitch 1 14 0\n"
# The mistake, a sequence that shows it, and what the program says of it.
SHOWN = [
    ("unlocks-between-descriptors", BETWEEN, Kind.USE_AFTER_FREE, "heap-use-after-free"),
    ("age-plain", "list 1\nfiber 0 age\nfiber 1 dirty 0\nswitch 0 7 1\n", Kind.DATA_RACE, "race"),
    ("no-preempt-disable", "list 2\nfiber 0 age\n", Kind.LOCK_RULE, "preemption is enabled"),
    ("test-returns-locked", "list 2\nfiber 0 test-age\n", Kind.LOCK_RULE, "left"),
    # A list that is touched without its lock: the compiler calls the program before each access.
    ("add-not-locked", "list 2\nfiber 0 add\n", Kind.LOCK_RULE, "without the list's lock bit"),
    ("no-lock-but-recheck", "list 2\nfiber 0 age\n", Kind.LOCK_RULE, "descriptor is read without"),
    ("single-not-locked", "list 1\nfiber 0 age\n", Kind.LOCK_RULE, "SPTE is read without"),
    ("two-unlocks", "list 2\nfiber 0 test-age\n", Kind.LOCK_RULE, "unlocked, which is not locked"),
    (
        "age-no-ad-writes",
        "list 1 no-ad\nfiber 0 zap-one 0\nfiber 1 age\nswitch 0 0 1\nswitch 1 6 0\n",
        Kind.STALE_SPTE,
        "s0 is not in the list, and is present",
    ),
]

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")


def shown(folder: Path, text: str, mutant: str | None) -> Replay:
    """Replay a sequence on the port, with a mistake in it or as it is."""
    target = catalogue.get("v6.15", "threads")
    if mutant is not None:
        planted = next(one for one in mutants("threads") if one.name == mutant)
        port = replace(target, defines=("PYFUZZ_THREADS=1",))
        target = sources.plant(port, planted, folder)
    (folder / "x.seq").write_text(HEADER + text)
    (done,) = replay([container.read(folder / "x.seq")], target, "fuzz")
    return done


def run(folder: Path, text: bytes, kind: Kind) -> subprocess.CompletedProcess[str]:
    (folder / "x.c").write_bytes(text)
    # As the top of the file says.
    steps = re.findall(r"^ \*\tcc (.*?)(?: && ./repro)?$", text.decode(), re.MULTILINE)
    assert FLAGS.get(kind, "") in steps[0]
    for step in steps:
        command = ["gcc", *step.split()]
        built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert not built.returncode, built.stderr[:2000]
        assert "warning" not in built.stderr
    done = subprocess.run(
        [folder / "repro"], capture_output=True, text=True, timeout=600, check=False
    )
    if "unexpected memory mapping" in done.stderr:
        pytest.skip("ThreadSanitizer cannot run on this kernel")
    return done


@needs_gcc
@pytest.mark.parametrize(("mutant", "text", "kind", "says"), SHOWN)
def test_program_with_the_planted_mistake_fails_in_the_same_way(
    tmp_path: Path, mutant: str, text: str, kind: Kind, says: str
) -> None:
    done = shown(tmp_path, text, mutant)
    symptom = next(finding.symptom for finding in done.findings if finding.kind is kind)

    ran = run(tmp_path, c_threads.generate(done, symptom, "", "x.c"), kind)

    assert 1 == ran.returncode, ran.stdout + ran.stderr
    assert says in ran.stdout + ran.stderr


@needs_gcc
@pytest.mark.parametrize(
    "kind", [Kind.USE_AFTER_FREE, Kind.DATA_RACE, Kind.LOCK_RULE, Kind.STALE_SPTE]
)
def test_program_of_the_correct_code_says_that_nothing_failed(tmp_path: Path, kind: Kind) -> None:
    done = shown(tmp_path, BETWEEN, None)

    ran = run(tmp_path, c_threads.generate(done, Symptom(kind), "", "x.c"), kind)

    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert "Nothing failed" in ran.stdout


def test_kind_that_no_program_sees_is_refused(tmp_path: Path) -> None:
    done = shown(tmp_path, BETWEEN, None)

    with pytest.raises(UsageError, match="is seen by pyfuzz alone"):
        c_threads.generate(done, Symptom(Kind.SHAPE), "", "x.c")


CALL = Access(0, "", number=1, call=True)
OWN = Access(0, "", number=2, private=True)
SHARED = Access(0, "", number=2)
NEXT = Access(0, "", number=3, call=True)


@pytest.mark.parametrize(
    ("accesses", "at", "hold"),
    [
        ([CALL, OWN, NEXT], 0, Hold(0, 0, behind=False, next=1)),
        ([CALL, OWN, NEXT], 3, Hold(0, 2, behind=False, next=1)),
        ([CALL, OWN, NEXT], 2, Hold(0, 1, behind=True, next=1)),
        ([CALL, SHARED, Access(0, "", number=3)], 3, Hold(0, 2, behind=False, next=1, exact=False)),
        ([CALL, OWN, NEXT], 4, Hold(0, None, behind=False, next=1)),
    ],
    ids=["begins", "before-a-call", "behind-a-call", "between-plain-accesses", "end"],
)
def test_switch_is_held_at_the_nearest_call(accesses: list[Access], at: int, hold: Hold) -> None:
    assert [hold] == holds(Sequence(1, ((),), (Switch(0, at, 1),)), accesses)
