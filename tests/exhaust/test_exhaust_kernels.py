# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz exhaust --kernel PATH --world pages``: a kernel's states, and audits that can fail."""

from __future__ import annotations

import json
from pathlib import Path

import debian
import pytest
from cli_process import pyfuzz
from searches import searched

from pyfuzz.errors import UsageError
from pyfuzz.exhaust.scope_pages import SCOPES
from pyfuzz.extract import pages
from pyfuzz.extract.pages import generate, symbols
from pyfuzz.extract.pages.compile import check
from pyfuzz.kinds import Kind
from pyfuzz.module.states import Groups, Scope
from pyfuzz.mutants import mutant
from pyfuzz.mutants.mutant import Edit
from pyfuzz.mutants.sources import Source, changed
from pyfuzz.sequence.text import format_operation
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

SMALL = Scope("small", pdes=1, ptes=1, targets=1, groups=Groups.WRITES)
BEFORE = 12  # operations that make the first state
REVERTED = {one.name: one for one in mutant.catalogue("reverted")}
# Where the VM gets a word that nothing else writes and no oracle looks at.
OLD = "sp->mmu_valid_gen = kvm->arch.mmu_valid_gen;"
HIDDEN = '({ static unsigned int calls __attribute__((section("hidden"))); calls++ & 1; })'
TOGGLED = "({ static _Bool odd; odd = !odd; odd; })"


def kernel() -> Target:
    return pages.extract(Kernel(debian.source("6.12", tarball=True), world="pages")).target


def with_word(word: str, folder: Path) -> Target:
    """Return the kernel, in which each new shadow page leaves a word in its VM."""
    target = kernel()
    new = f"{OLD} kvm->arch.bsp_vcpu_id = {word};"
    edit = Edit(("kvm_mmu_alloc_shadow_page",), OLD, new)
    return changed(target, Source(target).edit([edit]), "word", folder)


@pytest.mark.kernels
@pytest.mark.slow
def test_states_of_a_kernel_are_all_visited_and_audited() -> None:
    search = searched(kernel(), SMALL)

    assert search.complete
    assert not search.findings
    assert search.progress is not None
    assert search.progress.states > 1000
    assert search.progress.audited > 20
    assert search.progress.second_ways > 0


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "length", "kinds"),
    [
        ("0cb2af2ea66a", 3, {Kind.WRONG_ROLE}),
        ("81ccda30b4e8", 4, {Kind.WRONG_GFN, Kind.WARNING}),
    ],
)
def test_fix_that_a_kernel_lacks_is_found_by_a_shortest_sequence(
    name: str, length: int, kinds: set[Kind], tmp_path: Path
) -> None:
    target = kernel()
    broken = changed(target, Source(target).apply(REVERTED[name]), name, tmp_path)
    (huge,) = (scope for scope in SCOPES if scope.name == "huge")

    search = searched(broken, huge)

    assert search.complete  # but for what follows the findings
    assert kinds <= {one.kind for one in search.findings}
    shortest = min((one.operations for one in search.findings if one.minimized), key=len)
    assert length == len(shortest) - BEFORE, [format_operation(one) for one in shortest]


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize(
    "word", [HIDDEN, "(unsigned long)sp->spt >> 12 & 1", "kvm->stat.mmu_shadow_zapped & 1"]
)
def test_kernel_that_looks_at_what_is_in_no_state_fails_an_audit(word: str, tmp_path: Path) -> None:
    search = searched(with_word(word, tmp_path), SMALL)

    assert not search.complete
    assert search.progress is not None
    assert search.progress.failed
    assert not search.findings


@pytest.mark.kernels
@pytest.mark.slow
def test_variable_in_a_function_of_a_kernel_is_part_of_a_state(tmp_path: Path) -> None:
    plain, toggled = searched(kernel(), SMALL), searched(with_word(TOGGLED, tmp_path), SMALL)

    assert toggled.complete
    assert plain.progress is not None
    assert toggled.progress is not None
    assert toggled.progress.states > plain.progress.states


@pytest.mark.kernels
@pytest.mark.slow
def test_kernel_with_variables_that_are_not_found_is_refused(tmp_path: Path) -> None:
    target = kernel()
    text = target.source.read_bytes()
    said = generate.scattered([]).encode()
    assert said in text
    scattered = text.replace(said, generate.scattered([".data..percpu"]).encode())

    with pytest.raises(UsageError, match=r"some of its variables are in \.data\.\.percpu; name"):
        searched(changed(target, scattered, "scattered", tmp_path), SMALL)


@pytest.mark.kernels
@pytest.mark.slow
def test_command_searches_a_kernel_and_says_how_far(tmp_path: Path) -> None:
    tarball = str(debian.source("6.12", tarball=True))
    options = ("--world", "pages", "--scope", "huge", "--depth", "3", "--time", "10m", "--json")
    done = pyfuzz("exhaust", "--kernel", tarball, *options, folder=tmp_path)

    assert 0 == done.returncode, done.stderr
    found = json.loads(done.stdout)
    assert ("pages", "clean", 3) == (found["world"], found["verdict"], found["depth"])
    assert found["searches"][0]["audits"]["states"] >= 20


def test_variables_in_a_section_of_their_own_are_noticed(tmp_path: Path) -> None:
    source, result = tmp_path / "source.c", tmp_path / "source.o"
    source.write_text(
        'int a, b = 1; int c __attribute__((section(".data..percpu"))) = 2;\n'
        "int f(void) { static int d, e = 3; return d++ + e++; }\n"
        "extern int g; int *const h = &g;\n"
    )

    assert not check(source, result).errors
    assert symbols.scattered(result) == [".data..percpu"]
