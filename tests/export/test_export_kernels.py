# SPDX-License-Identifier: GPL-2.0-only
"""The stand-alone C file of extracted code: all generations, and Debian's two kernels."""

from __future__ import annotations

import json
from pathlib import Path

import debian
import pytest
from compilers import COMPILERS, Ended, compile_c, run
from made_up import NAMES, extracted

from pyfuzz.export import sarif, subject
from pyfuzz.export.c_reproducer import Case, case_of, generate
from pyfuzz.extract import extract
from pyfuzz.kinds import Kind
from pyfuzz.replay.replays import replay
from pyfuzz.sequence import container
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

pytestmark = pytest.mark.compilers

CORRECT = """
add vm0 f0 s0 x40
remove vm0 f0 #3 x5
zap-one vm0 f0 #0 x2
iterate vm0 f0
count vm0 f0 x2
parent-add vm1 p2 s3 x16
parent-remove vm1 p2 #1
parent-drop vm1 p2 #0
parent-unlink vm1 p2
rmap-add vm2 f5 s60 x1001
rmap-add vm2 f5 s1100 x2
rmap-remove vm2 f5 #0
zap-all vm0 f0
destroy vm2
create vm2
add vm2 f0 s0 x3
"""
STRAY = "add vm0 f0 s0 x2\nremove vm0 f0 s9"


def shown(which: str, target: Target, text: str, kind: Kind, folder: Path, *flags: str) -> Ended:
    """Export a case, compile it and run it."""
    source = folder / "repro.c"
    operations = tuple(parse(text, "test"))
    source.write_bytes(generate(Case(target, operations, Symptom(kind)), source.name))
    # Warnings in a kernel's code do not concern us.
    return run(compile_c(which, source, "-w", "-fno-sanitize=all", *flags))


@pytest.mark.parametrize("which", COMPILERS)
@pytest.mark.parametrize("name", NAMES)
def test_c_file_of_a_made_up_kernel_builds_and_fails_only_where_it_should(
    which: str, name: str, tmp_path: Path
) -> None:
    target = extracted(tmp_path / "kernel", name).target

    right = shown(which, target, CORRECT, Kind.LOST_ENTRY, tmp_path)
    wrong = shown(which, target, STRAY, Kind.HOST_BUG, tmp_path)

    assert right.status == 0, right.output
    assert wrong.status == ("BUG()" in target.policy), wrong.output


@pytest.mark.parametrize("name", NAMES)
def test_c_file_of_a_made_up_kernel_builds_as_the_newest_c(name: str, tmp_path: Path) -> None:
    target = extracted(tmp_path / "kernel", name).target

    ended = shown("clang", target, CORRECT, Kind.SHAPE, tmp_path, "-std=gnu2x")

    assert ended.status == 0, ended.output


def test_c_file_of_a_kernel_names_the_user_s_file_and_says_whose_code_it_is(
    tmp_path: Path,
) -> None:
    target = extracted(tmp_path / "kernel", "v5.10").target

    ended = shown("clang", target, STRAY, Kind.HOST_BUG, tmp_path)

    assert f" at {tmp_path}/kernel/mmu.c:" in ended.output
    assert "contains code of the kernel that it was made from" in (tmp_path / "repro.c").read_text()


@pytest.mark.kernels
@pytest.mark.parametrize("which", COMPILERS)
@pytest.mark.parametrize(
    ("version", "config", "text", "kind", "status"),
    [
        ("6.1", False, STRAY, Kind.HOST_BUG, 1),
        ("6.1", False, CORRECT, Kind.LEAK, 0),
        ("6.12", False, STRAY, Kind.UNFLAGGED_ERROR, 0),
        ("6.12", False, CORRECT, Kind.SHAPE, 0),
        ("6.12", True, STRAY, Kind.HOST_BUG, 1),
    ],
)
def test_c_file_of_a_debian_kernel_fails_only_where_it_should(
    which: str, version: str, config: bool, text: str, kind: Kind, status: int, tmp_path: Path
) -> None:
    target = debian.extracted(version, config=config).target

    ended = shown(which, target, text, kind, tmp_path)

    assert status == ended.status, ended.output


@pytest.mark.kernels
def test_findings_of_a_debian_kernel_are_at_the_line_of_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "stray.seq"
    path.write_text(STRAY)
    root = debian.source("6.1")
    (done,) = replay([container.read(path)], extract(root).target, "fuzz")

    log = json.loads(sarif.render(subject.of_replay(done, Kernel(root))))

    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "arch/x86/kvm/mmu/mmu.c"
    lines = (root / "arch/x86/kvm/mmu/mmu.c").read_text().splitlines()
    assert "BUG()" in lines[place["region"]["startLine"] - 1]
    case = case_of(done, None)
    assert case is not None and case.stop is not None and case.stop.operation == 1
