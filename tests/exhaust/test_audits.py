# SPDX-License-Identifier: GPL-2.0-only
"""A target that depends on something that states omit must be noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz.exhaust.search import Search, Searcher
from pyfuzz.module.states import End, Scope
from pyfuzz.mutants.sources import Source, changed
from pyfuzz.target import catalogue

# Sometimes a new entry goes to a new descriptor in front, which the rules of this
# generation allow, so no oracle reports anything.
IN_FRONT = """
	if (%s) {
		struct pte_list_desc *front = kvm_mmu_memory_cache_alloc(cache);

		front->more = rmap_desc(val);
		front->sptes[0] = sptep;
		front->spte_count = 1;
		rmap_head->val = rmap_many(front);
		return 0;
	}
	"""
PLACE = "for (desc = rmap_desc(val); desc->spte_count == PTE_LIST_EXT;"
SCOPE = Scope("", entries=30, descriptors=2, audit_every=10)


def searched(condition: str, folder: Path, declaration: str = "") -> Search:
    bug = catalogue.get("bug")
    text = Source(bug).text.decode()
    assert text.count(PLACE) == 1
    text = text.replace(PLACE, declaration + IN_FRONT % condition + PLACE)
    searcher = Searcher(changed(bug, text.encode(), "depends", folder))
    try:
        return searcher.search(SCOPE, None, lambda _: None)
    finally:
        searcher.close()


def test_a_target_with_a_memory_of_its_own_fails_an_audit(tmp_path: Path) -> None:
    search = searched("calls++ % 3 == 2", tmp_path, "static unsigned int calls;\n")

    assert search.progress is not None
    assert search.progress.end is End.AUDIT
    assert not search.complete


@pytest.mark.parametrize("condition", ["(unsigned long)sptep & 64", "(unsigned long)desc & 256"])
def test_a_target_that_looks_at_addresses_fails_an_audit(tmp_path: Path, condition: str) -> None:
    search = searched(condition.replace("desc", "rmap_desc(val)"), tmp_path)

    assert search.progress is not None
    assert search.progress.end is End.AUDIT
    assert "equivariance" in search.progress.trouble


def test_a_target_that_looks_at_the_state_alone_passes_the_audits(tmp_path: Path) -> None:
    search = searched("rmap_desc(val)->spte_count == 5", tmp_path)

    assert search.progress is not None
    assert (search.progress.failed, search.complete) == (0, True)
    assert {finding.kind.value for finding in search.findings} == {"count-contract"}
