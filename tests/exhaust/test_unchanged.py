# SPDX-License-Identifier: GPL-2.0-only
"""Only what a step changed in a long list is looked at: damage elsewhere is seen all the same."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from plants import Edit, plant
from selection import mostly_slow

from pyfuzz.exhaust.search import Searcher
from pyfuzz.kinds import Kind
from pyfuzz.module.states import Scope

# An add to a list of more than a hundred entries, all in full descriptors behind the first.
PLACE = "\t\tdesc->sptes[desc->spte_count++] = sptep;\n"
FAR = PLACE + "\t\tif (count == 100)\n\t\t\t%s;\n"
LONG = Scope("", entries=110, audit_every=50)


DAMAGE = [
    ("*desc->more->more->sptes[3] = 0", Kind.STALE_SPTE),
    ("desc->more->more->sptes[3] = desc->more->sptes[4]", Kind.GHOST_ENTRY),
    ("desc->sptes[0] = desc->more->more->sptes[4]", Kind.GHOST_ENTRY),
    ("desc->more->more->tail_count++", Kind.SHAPE),
    ("desc->more->more->sptes[13] = NULL", Kind.SHAPE),
    ("desc->more = desc->more->more", Kind.SHAPE),
    ("desc->more->more->more = desc->more", Kind.SHAPE),
]


@pytest.mark.parametrize(("damage", "kind"), mostly_slow(DAMAGE, DAMAGE[0], DAMAGE[2]))
def test_damage_far_from_the_entry_is_found(damage: str, kind: Kind, tmp_path: Path) -> None:
    target = plant("v6.6", tmp_path, Edit("ports/headdesc.h", PLACE, FAR % damage))

    with closing(Searcher(target)) as searcher:
        search = searcher.search(LONG, None, lambda _: None)

    assert search.progress is not None
    assert 0 == search.progress.failed
    assert kind in {finding.kind for finding in search.findings}
