# SPDX-License-Identifier: GPL-2.0-only
"""A target's behaviour decides which fixes it has."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import replace
from pathlib import Path

import debian
import pytest
from click.testing import CliRunner
from plants import Edit, plant
from taken_back import REAL

from pyfuzz import fixes
from pyfuzz.cli.fixes import fixes as command
from pyfuzz.errors import UsageError
from pyfuzz.extract import pages as extraction
from pyfuzz.extract.pages import tree
from pyfuzz.mutants import mutant
from pyfuzz.mutants.sources import Source, changed
from pyfuzz.sequence import container
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.pages.world import WORLD

REVERTED = mutant.catalogue("reverted")
# The last two need long lists and a store buffer, the first a root that the port does not load.
NOT_IN_THE_PORT = ("7.2", "c6c4f961cb87", "226d9b8f1688")


def test_every_fix_has_a_regression_of_the_pages_world_that_the_port_passes() -> None:
    found = list(fixes.states(catalogue.get("pages"), fixes.catalogue()))

    told = [state for state in found if state.state != fixes.CANNOT_TELL]
    assert tuple(one.fix.commit for one in found if one not in told) == NOT_IN_THE_PORT
    assert [state.state for state in told] == [fixes.FIXED] * len(told), told
    paths = [fix.path for fix in fixes.catalogue() if not fix.blind]
    assert all(container.read(path).input.encoding.world == "pages" for path in paths)


def test_fix_that_no_sequence_shows_is_not_called_fixed() -> None:
    blind = [fix for fix in fixes.catalogue() if fix.blind]
    found = list(fixes.states(catalogue.get("pages"), blind))

    assert {fix.commit for fix in blind} == {"c6c4f961cb87", "226d9b8f1688"}
    assert [(state.state, state.why) for state in found] == [
        (fixes.CANNOT_TELL, fix.blind) for fix in blind
    ]


@pytest.mark.parametrize("name", REAL)
def test_fix_that_is_taken_back_is_the_one_that_is_missing(name: str, tmp_path: Path) -> None:
    target = plant("pages", tmp_path, *REAL[name].edits)

    missing = [
        state.fix.commit
        for state in fixes.states(target, fixes.catalogue())
        if state.state == fixes.NOT_FIXED
    ]

    # Without the check of the gfn, there is no check of the role either.
    assert missing[0] == name.split(maxsplit=1)[0].rstrip(",")
    assert len(missing) == (2 if "0cb2af2ea66a" in name else 1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "mode vm0 cpu0 32bit\naccess vm0 cpu0 read 0:0:0:0\n",
            "'mode vm0 cpu0 32bit' did nothing: the target has no such function",
        ),
        (
            "poke vm0 cpu0 0:0:0:0 nothing\naccess vm0 cpu0 read 0:0:0:0\n",
            "'access vm0 cpu0 read 0:0:0:0' does not get that far: the guest gets a page fault",
        ),
    ],
)
def test_sequence_that_is_not_carried_out_tells_nothing(
    text: str, why: str, tmp_path: Path
) -> None:
    fix = fixes.catalogue()[0]
    path = tmp_path / "corpus" / "regressions" / f"{fix.sequence}.seq"
    path.parent.mkdir(parents=True)
    path.write_text(f"{WORLD.header}\n{text}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pyfuzz.paths.corpus", lambda: tmp_path / "corpus")
        (state,) = fixes.states(catalogue.get("pages"), [replace(fix)])

    assert (state.state, state.why) == (fixes.CANNOT_TELL, why)


def test_kernel_that_fails_whatever_is_done_is_said_to_have_or_lack_nothing(tmp_path: Path) -> None:
    call = "return page_fault(vcpu_of(vm, vcpu), gva, error);"
    edit = Edit("ports/pages/adapter.h", call, "return *(volatile enum pages_result *)8;")

    found = list(fixes.states(plant("pages", tmp_path, edit), fixes.catalogue()))

    assert {state.state for state in found} == {fixes.CANNOT_TELL}
    said = {state.why for state in found if not state.fix.blind}
    assert len(said) == 1
    assert said.pop().startswith("this kernel does not get through an ordinary access: host-fault")


def test_command_that_can_tell_nothing_does_not_end_as_if_all_were_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blind = tuple(fix for fix in fixes.catalogue() if fix.blind)
    monkeypatch.setattr(fixes, "catalogue", lambda: blind)

    done = CliRunner().invoke(command, ["--target", "pages"], standalone_mode=False)

    assert done.return_value == 2
    assert done.output.count("cannot tell") == len(blind)


def test_fix_of_code_that_a_kernel_does_not_have_says_so(tmp_path: Path) -> None:
    (fix,) = [one for one in fixes.catalogue() if one.commit == "84e5ffd045f3"]
    edit = Edit(
        "ports/pages/adapter.h", "1U << PAGES_5LEVEL | 1U << PAGES_NESTED |", "1U << PAGES_5LEVEL |"
    )
    (state,) = fixes.states(plant("pages", tmp_path, edit), [fix])

    assert (state.state, state.why) == (fixes.CANNOT_TELL, fix.absent)
    assert "no more than four levels" in fix.absent


def test_command_says_it_for_people_and_for_scripts() -> None:
    shown = CliRunner().invoke(command, ["--target", "pages"], standalone_mode=False)
    plain = CliRunner().invoke(command, ["--target", "pages", "--json"], standalone_mode=False)

    assert (shown.return_value, plain.return_value) == (0, 0), shown.output
    assert "fixed           0cb2af2ea66a CVE-2026-46113" in shown.output
    first = json.loads(plain.output)["fixes"][0]
    assert (first["commit"], first["state"], first["why"]) == ("0cb2af2ea66a", "fixed", None)


def test_command_without_a_kernel_says_what_to_give() -> None:
    done = CliRunner().invoke(command, [], standalone_mode=False)

    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == (
        "no kernel is given: give --kernel PATH, or a port with --target pages"
    )


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(fix.name for fix in REVERTED))
def test_kernel_with_a_fix_reverted_has_all_the_others(name: str, tmp_path: Path) -> None:
    kernel = Kernel(debian.source("6.12", tarball=True), world="pages")
    target = extraction.extract(kernel).target
    (fix,) = [one for one in REVERTED if one.name == name]
    broken = changed(target, Source(target).apply(fix), name, tmp_path)

    found = {one.fix.commit: one.state for one in fixes.states(broken, fixes.catalogue())}

    missing = {commit for commit, state in found.items() if state == fixes.NOT_FIXED}
    # Without the check of the gfn, there is no check of the role either.
    assert missing == ({name, "81ccda30b4e8"} if name == "0cb2af2ea66a" else {name})
    assert {found[one.name] for one in REVERTED if one.name not in missing} == {fixes.FIXED}


@pytest.mark.kernels
@pytest.mark.slow
def test_kernel_with_a_patch_that_reverts_a_fix_lacks_it(tmp_path: Path) -> None:
    tarball = debian.source("6.12", tarball=True)
    place = "arch/x86/kvm/mmu/mmu.c"
    old = (tree.find(Kernel(tarball, world="pages")).root / place).read_text("latin-1")
    new = re.sub(r"&&\s*\S+->role\.word == role\.word\)", ")", old)
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{place}", f"b/{place}"
    )
    patch = tmp_path / "revert.patch"
    patch.write_text("".join(lines), "latin-1")

    asked = ["--kernel", str(tarball), "--patch", str(patch), "--json"]
    done = CliRunner().invoke(command, asked, standalone_mode=False)

    assert done.return_value == 1, done.output
    found = {one["commit"]: one["state"] for one in json.loads(done.stdout)["fixes"]}
    assert [commit for commit, state in found.items() if state == fixes.NOT_FIXED] == [
        "81ccda30b4e8"
    ]


@pytest.mark.kernels
@pytest.mark.slow
def test_mmu_c_in_its_tree_is_told_as_the_tree_is_and_alone_says_what_it_needs(
    tmp_path: Path,
) -> None:
    root = tree.find(Kernel(debian.source("6.12", tarball=True), world="pages")).root
    own = root / "arch/x86/kvm/mmu/mmu.c"
    alone = tmp_path / "mmu.c"
    alone.write_bytes(own.read_bytes())

    inside = CliRunner().invoke(command, ["--kernel", str(own), "--json"], standalone_mode=False)
    outside = CliRunner().invoke(command, ["--kernel", str(alone)], standalone_mode=False)

    assert inside.return_value == 0, inside.output
    assert "needs the kernel's headers beside mmu.c: give the whole tree" in str(outside.exception)
