# SPDX-License-Identifier: GPL-2.0-only
"""Probes: counts and entries that the harness asks for where a sequence does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.module.shared import Shared
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import Edit
from pyfuzz.sequence.binary import decode, encode
from pyfuzz.sequence.text import format_operation, parse
from pyfuzz.target import catalogue

COUNT_SHORT = Edit(
    ("pte_list_count",),
    "$a->tail_count + $b->spte_count",
    "$a->tail_count + $b->spte_count - ($a->tail_count + $b->spte_count == 321)",
)
COUNT_DIES = Edit(
    ("pte_list_count",),
    "return $a->tail_count + $b->spte_count;",
    "BUG_ON($b->spte_count == 7); return $a->tail_count + $b->spte_count;",
)
NEXT_ENDS = Edit(
    ("rmap_get_next",),
    "iter->desc = iter->desc->more;",
    "iter->desc = iter->desc->tail_count + iter->desc->spte_count == 33 ? NULL : iter->desc->more;",
)


def planted(edit: Edit, folder: Path) -> compiled.Module:
    """Return v6.6 with a mistake in it."""
    source = sources.Source(catalogue.get("v6.6"))
    return compiled.load(sources.changed(source.target, source.edit([edit]), "probe", folder))


def fuzzed(module: compiled.Module, text: str, folder: Path) -> list[tuple[Kind, str]]:
    """Run a sequence as an engine does; return the stored one, and its last operation."""
    shared = Shared(folder / "shared", create=True)
    module.attach(shared.buffer)
    data = encode(parse(text, "test"))
    module.run_function(data, len(data))
    return [(one.kind, format_operation(decode(one.best)[-1])) for one in shared.slots()]


@pytest.mark.parametrize(
    ("edit", "text", "kind", "asks"),
    [
        (COUNT_SHORT, "add vm1 f3 s0 x500", Kind.COUNT_CONTRACT, "count vm1 f3"),
        (COUNT_DIES, "add vm1 f3 s0 x12", Kind.HOST_BUG, "count vm1 f3"),
        (NEXT_ENDS, "add vm2 p1 s0 x40", Kind.ITERATOR, "iterate vm2 p1"),
    ],
)
def test_question_that_nobody_asks_is_stored_with_the_finding(
    edit: Edit, text: str, kind: Kind, asks: str, tmp_path: Path
) -> None:
    module = planted(edit, tmp_path)

    assert [(kind, asks)] == fuzzed(module, text, tmp_path)


def test_run_of_a_sequence_asks_nothing_by_itself(tmp_path: Path) -> None:
    module = planted(COUNT_SHORT, tmp_path)

    module.run(encode(parse("add vm1 f3 s0 x500", "test")))

    assert () == module.last().findings


def test_sequence_with_no_room_for_the_question_is_left_as_it_is(tmp_path: Path) -> None:
    module = planted(COUNT_SHORT, tmp_path)
    text = "enter vm0 cpu0\n" * 1023 + "add vm1 f3 s0 x500\n"

    assert [] == fuzzed(module, text, tmp_path)
    assert () == module.last().findings


def test_clean_target_shows_nothing_when_asked() -> None:
    module = compiled.load(catalogue.get("v6.6"))
    data = encode(parse("add vm1 f3 s0 x500\nremove vm1 f3 #0 x500", "test"))

    module.run_function(data, len(data))

    assert () == module.last().findings
