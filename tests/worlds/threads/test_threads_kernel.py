# SPDX-License-Identifier: GPL-2.0-only
"""A real kernel of 6.15 or later: nothing is found in it, and each planted mistake is.

PYFUZZ_LOCKLESS_KERNEL names its tree or tarball; by default kernels/linux-source-7.2, which
``make kernels`` does not fetch.  Without one these tests are skipped.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from debian import KERNELS

from pyfuzz.extract import extract
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import Mutant
from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.mutants.sources import DoesNotApplyError
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import systematic
from pyfuzz.worlds.threads.minimize import minimize
from pyfuzz.worlds.threads.searching import Searcher

pytestmark = pytest.mark.slow


def tree() -> Path:
    path = Path(os.environ.get("PYFUZZ_LOCKLESS_KERNEL", KERNELS / "linux-source-7.2"))
    if not path.exists():
        pytest.skip(f"{path} is not there: name a kernel with PYFUZZ_LOCKLESS_KERNEL")
    return path


@cache
def kernel(path: Path) -> Target:
    target = extract(path).target
    return replace(target, defines=(*target.defines, "PYFUZZ_THREADS=1"))


@pytest.mark.parametrize("tso", [False, True])
def test_search_of_a_kernel_finds_nothing_and_is_complete(tso: bool) -> None:
    with Searcher(kernel(tree())) as searcher:
        result = systematic.search(searcher, 2, tso=tso)

    assert {} == result.findings
    assert result.lockless
    assert result.complete


@pytest.mark.parametrize("mutant", mutants("threads"), ids=lambda mutant: mutant.name)
def test_mistake_planted_in_a_kernel_is_found_with_three_switches_at_most(
    mutant: Mutant, tmp_path: Path
) -> None:
    try:
        planted = sources.plant(kernel(tree()), mutant, tmp_path)
    except DoesNotApplyError:
        pytest.skip("its code has no such place")
    with Searcher(planted) as searcher:
        found = systematic.search(searcher, 2, stop_on_finding=not mutant.equivalent).findings
        right = [one for one in found.values() if one.kind in mutant.kinds]
        smallest = [minimize(searcher, one) for one in right[:1]]

    assert bool(right) != bool(mutant.equivalent), found
    assert all(one.away <= 2 and len(one.sequence.switches) <= 3 for one in smallest)
