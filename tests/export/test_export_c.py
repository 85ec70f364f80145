# SPDX-License-Identifier: GPL-2.0-only
"""The stand-alone C file: it shows each kind of finding with gcc and clang, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest
from compilers import COMPILERS, Ended, compile_c, run
from planted import MANY_STRAY, OF_OTHER_WORLDS, PLANTED, SINGLE_STRAY
from plants import Edit, plant
from selection import mostly_slow

from pyfuzz.export.c_operations import Stop
from pyfuzz.export.c_reproducer import Case, case_of, generate
from pyfuzz.kinds import Kind
from pyfuzz.replay.replays import replay
from pyfuzz.sequence import container
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

pytestmark = pytest.mark.compilers

HOLE = "add vm0 f0 s0 x20\nremove vm0 f0 s0\nadd vm0 f0 s30"
NOT_RECYCLED = "add vm0 f0 s0 x1001\nadd vm0 f0 s1001 x100\nremove vm0 f0 #0\nrmap-add vm0 f0 s1500"

# Kind, port that shows it, sequence, port that does not.
SHOWN = [
    (Kind.HOST_BUG, "bug", "remove vm0 f0 s9", "rfc-v4"),
    (Kind.HOST_BUG, "v5.10", MANY_STRAY, "v6.6"),
    (Kind.HOST_BUG, "v6.6-corruption-bug", SINGLE_STRAY, "v6.6"),
    (Kind.HOST_FAULT, "rfc-v2", "context kworker\nremove vm0 f0 s9", "rfc-v3"),
    (Kind.WRONG_VM, "rfc-v2", "context vm1 cpu1\nremove vm0 f0 s9", "rfc-v3"),
    (Kind.WRONG_VM, "rfc-v3", "add vm1 f0 s0\nremove vm0 vm1:f0 s0", "rfc-v4"),
    (Kind.LOST_ENTRY, "rfc-v3", SINGLE_STRAY, "rfc-v4"),
    (Kind.LOG_FLOOD, "rfc-v3", "remove vm0 f0 s9 x2", "rfc-v4"),
    (Kind.COUNT_CONTRACT, "rfc-v4", HOLE, "v6.6"),
    (Kind.COUNT_CONTRACT, "rfc-v4", NOT_RECYCLED, "v6.15"),
    (Kind.COUNT_CONTRACT, "v5.10", NOT_RECYCLED, "v6.15"),
]


def shown(which: str, target: Target, text: str, kind: Kind, folder: Path) -> Ended:
    """Export a case, compile it and run it."""
    folder.mkdir(exist_ok=True)
    source = folder / "repro.c"
    operations = tuple(parse(text, "test"))
    source.write_bytes(generate(Case(target, operations, Symptom(kind)), source.name))
    return run(compile_c(which, source))


@pytest.mark.parametrize("which", COMPILERS)
@pytest.mark.parametrize(("kind", "port", "text", "clean"), SHOWN)
def test_c_file_of_a_port_fails_and_of_one_without_the_bug_does_not(
    which: str, kind: Kind, port: str, text: str, clean: str, tmp_path: Path
) -> None:
    bad = shown(which, catalogue.get(port), text, kind, tmp_path / "bad")
    good = shown(which, catalogue.get(clean), text, kind, tmp_path / "good")

    assert (1, 0) == (bad.status, good.status), bad.output + good.output
    assert f"{kind.value}: " in bad.output
    assert f"Nothing failed ({kind.value})." in good.output


@pytest.mark.parametrize("which", mostly_slow(COMPILERS, "gcc"))
@pytest.mark.parametrize("kind", PLANTED, ids=lambda kind: kind.value)
def test_c_file_of_a_planted_cause_fails_and_of_the_port_does_not(
    which: str, kind: Kind, tmp_path: Path
) -> None:
    port, edit, text = PLANTED[kind]

    bad = shown(which, plant(port, tmp_path / "csrc", edit), text, kind, tmp_path / "bad")
    good = shown(which, catalogue.get(port), text, kind, tmp_path / "good")

    assert (1, 0) == (bad.status, good.status), bad.output + good.output
    assert f"{kind.value}: " in bad.output


def test_c_files_are_tested_for_every_kind() -> None:
    assert set(Kind) == {kind for kind, *_ in SHOWN} | set(PLANTED) | OF_OTHER_WORLDS


def test_c_file_of_another_failure_exits_with_2(tmp_path: Path) -> None:
    ended = shown("clang", catalogue.get("bug"), SINGLE_STRAY, Kind.LOST_ENTRY, tmp_path)

    assert ended.status == 2, ended.output
    assert "This is not the failure that the file is about (lost-entry)." in ended.output


EVERYTHING = """
add vm0 f0 s0 x40
remove vm0 f0 #3 x5
zap-one vm0 f0 #0 x2
zap-one vm0 f0 s20
iterate vm0 f0
count vm0 f0 x2
parent-add vm1 p2 s3 x16
parent-remove vm1 p2 #1
parent-remove vm1 p2 s9
parent-drop vm1 p2 #0
parent-unlink vm1 p2
rmap-add vm2 f5 s60 x1001
rmap-add vm2 f5 s1100 x2
rmap-remove vm2 f5 #0
rmap-remove vm2 f5 s1101
rmap-add vm2 f7 s5
rmap-remove-off vm2 f7 #0
enter vm2 cpu1
remove vm2 vm1:f3 s700
context vm1 cpu1
remove vm0 f9 s99
context own
zap-all vm0 f0
destroy vm2
create vm2
create vm2
remove vm2 f0 #0
add vm2 f0 s0 x3
enter vm2 cpu0
"""


# One kind for each of the files with checks in csrc/repro.
CHECKS = (
    Kind.HOST_BUG,
    Kind.FALSE_ALARM,
    Kind.WRONG_VM,
    Kind.STALE_SPTE,
    Kind.COUNT_CONTRACT,
    Kind.ITERATOR,
    Kind.LEAK,
    Kind.TEARDOWN,
    Kind.LOG_FLOOD,
    Kind.REQUEST,
)


@pytest.mark.parametrize("kind", CHECKS, ids=lambda kind: kind.value)
def test_c_file_with_every_operation_has_nothing_to_say_of_a_right_target(
    kind: Kind, tmp_path: Path
) -> None:
    ended = shown("clang", catalogue.get("v6.15"), EVERYTHING, kind, tmp_path)

    assert ended.status == 0, ended.output


@pytest.mark.parametrize("port", ["rfc-v4", "v5.10"])
def test_c_file_prints_what_is_expected_and_what_is_seen(port: str, tmp_path: Path) -> None:
    ended = shown("clang", catalogue.get(port), HOLE, Kind.COUNT_CONTRACT, tmp_path)

    assert "2. remove vm0 f0 s0\n  expected: vm0 f0 holds 19: s1 s2" in ended.output
    assert "  expected: returns 19\n  seen:     returns " in ended.output


def test_c_file_stops_at_the_step_that_fails(tmp_path: Path) -> None:
    source = tmp_path / "repro.c"
    operations = tuple(parse("add vm0 f0 s0 x40\nadd vm0 f1 s50", "test"))
    case = Case(catalogue.get("v6.6"), operations, Symptom(Kind.SHAPE), stop=Stop(0, 14))
    source.write_bytes(generate(case, source.name))

    ended = run(compile_c("clang", source))

    assert "1. add vm0 f0 s0 x40, steps 0 to 14\n  expected: vm0 f0 holds 15:" in ended.output
    assert "vm0 f1" not in ended.output


def test_case_of_a_replay_has_the_step_and_the_message(tmp_path: Path) -> None:
    path = tmp_path / "wrong.seq"
    path.write_text("remove vm0 f0 s9\nadd vm0 f1 s0\nremove vm0 f1 s1 x3\n")
    (done,) = replay([container.read(path)], catalogue.get("rfc-v3"), "fuzz")

    case = case_of(done, None)

    assert case is not None
    assert (Kind.LOST_ENTRY, "pte_list_remove") == (case.kind, case.function)
    assert case.stop == Stop(2, 0)
    assert "s0 is gone" in case.message
    assert case_of(done, Kind.LEAK) == Case(
        case.target, case.operations, Symptom(Kind.LEAK), not_recycled=set()
    )


def test_case_of_a_replay_that_shows_nothing_is_none(tmp_path: Path) -> None:
    path = tmp_path / "right.seq"
    path.write_text("add vm0 f1 s0\n")
    (done,) = replay([container.read(path)], catalogue.get("v6.6"), "fuzz")

    assert case_of(done, None) is None


OUT_OF_BOUNDS = Edit("ports/headdesc.h", "int last = (int)head->spte_count - 1;", "int last = -1;")


@pytest.mark.parametrize("which", COMPILERS)
def test_c_file_of_what_a_sanitizer_saw_needs_it_and_fails_with_it(
    which: str, tmp_path: Path
) -> None:
    target = plant("v6.6", tmp_path / "csrc", OUT_OF_BOUNDS)
    path = tmp_path / "bounds.seq"
    path.write_text("add vm0 f0 s0 x2\nremove vm0 f0 s0\n")
    (done,) = replay([container.read(path)], target, "sanitize")
    case = case_of(done, Kind.HOST_FAULT)
    assert case is not None and case.needs_sanitizers
    source = tmp_path / "repro.c"
    source.write_bytes(generate(case, source.name))
    flags = ("-g", "-fsanitize=address,bounds", "-fno-sanitize-recover=all")
    assert f"cc {' '.join(flags)} -o repro repro.c" in source.read_text()

    plain = run(compile_c(which, source))
    with_it = run(compile_c(which, source, *flags))

    assert (2, 1) == (plain.status, with_it.status), plain.output + with_it.output
