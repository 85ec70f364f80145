# SPDX-License-Identifier: GPL-2.0-only
"""The search: the port is silent, planted mistakes are found, schedules replay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz.kinds import Kind
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import Edit, Mutant
from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.replay import trace_text
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import chance, systematic, text
from pyfuzz.worlds.threads.minimize import find, minimize
from pyfuzz.worlds.threads.module import ThreadsModule, load
from pyfuzz.worlds.threads.operation import Operation, Sequence, What, sequence_of
from pyfuzz.worlds.threads.trace import trace


def port() -> Target:
    """The port compiled for this world, with its walkers."""
    return replace(catalogue.get("v6.15"), defines=("PYFUZZ_THREADS=1",))


def planted(name: str, folder: Path) -> ThreadsModule:
    mutant = next(mutant for mutant in mutants("threads") if mutant.name == name)
    return load(sources.plant(port(), mutant, folder))


def pair(entries: int, writer: What, other: What) -> Sequence:
    return Sequence(entries, ((Operation(writer),), (Operation(other),)))


def refilled(entries: int) -> Sequence:
    """A writer that empties the list and adds another entry, and a walker."""
    writer = (Operation(What.ZAP_ALL), Operation(What.ADD))
    return Sequence(entries, (writer, (Operation(What.AGE),)))


@pytest.fixture(scope="module")
def module() -> ThreadsModule:
    return load(catalogue.get("v6.15"))


def test_search_of_the_port_finds_nothing_and_is_complete(module: ThreadsModule) -> None:
    result = systematic.search(module, 2)

    assert {} == result.findings
    assert result.complete
    assert result.at_bound(0) < result.at_bound(1) < result.at_bound(2)


def test_search_without_time_says_what_is_left(module: ThreadsModule) -> None:
    result = systematic.search(module, 1, seconds=0.0)

    assert not result.complete
    assert result.left == len(list(systematic.pairs(module))) - 1


def test_search_with_a_limit_is_not_complete(module: ThreadsModule) -> None:
    assert not module.search(pair(2, What.ZAP_ALL, What.AGE), 2, limit=5).complete


@pytest.mark.parametrize("writer", [What.ADD, What.ZAP_ONE, What.ZAP_ALL, What.FREE_ALL])
@pytest.mark.parametrize("other", [What.AGE, What.ADD, What.ITERATE])
@pytest.mark.parametrize("entries", [1, 2, 3])
def test_pruned_search_sees_the_orders_of_the_whole_one(
    module: ThreadsModule, writer: What, other: What, entries: int
) -> None:
    pruned = module.search(pair(entries, writer, other), 2)
    whole = module.search(pair(entries, writer, other), 2, prune=False)

    assert whole.schedules > pruned.schedules
    assert (whole.outcomes, whole.outcomes_hash) == (pruned.outcomes, pruned.outcomes_hash)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", mutants("threads"), ids=lambda mutant: mutant.name)
def test_planted_mistake_is_found_with_two_switches_as_what_it_is(
    mutant: Mutant, tmp_path: Path
) -> None:
    module = load(sources.plant(port(), mutant, tmp_path))

    found = systematic.search(module, 2, stop_on_finding=not mutant.equivalent).findings

    if mutant.equivalent:
        assert {} == found
    else:
        kinds = {kind.value for kind in mutant.kinds}
        right = [finding for finding in found.values() if finding.kind.value in kinds]
        assert right, (kinds, found)
        smallest = minimize(module, right[0])
        assert smallest.away <= 2
        assert len(smallest.sequence.switches) <= 3


def test_finding_replays_from_its_text_and_shows_the_list_at_the_switch(tmp_path: Path) -> None:
    module = planted("unlocks-between-descriptors", tmp_path)
    found = module.search(refilled(15), 1).findings
    finding = next(f for f in found if f.kind is Kind.USE_AFTER_FREE)

    lines = parse(text.format_sequence(finding.sequence), "x.seq")
    shown = "\n".join(trace_text.lines(trace(module, lines), lambda _: None))

    assert find(module, sequence_of(lines), finding) is not None
    assert "the list: [1: s14] -> [14: s0 s1 .. s13]" in shown
    assert f">>>  FINDING: {finding.symptom.place}" in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unlocks-between-descriptors", "use-after-free"),
        ("unlock-of-empty", "lock-rule"),
        ("age-no-ad-writes", "stale-spte"),
        ("spin-ignores-lock", "lock-rule"),
    ],
)
def test_fuzzing_finds_a_planted_mistake(name: str, kind: str, tmp_path: Path) -> None:
    module = planted(name, tmp_path)

    found = chance.fuzz(module, 1, schedules=200_000, stop_on_finding=True).findings

    assert kind in {finding.kind.value for finding in found.values()}


def test_fuzzing_the_port_finds_nothing_and_does_the_same_with_the_same_seed(
    module: ThreadsModule,
) -> None:
    first = chance.fuzz(module, 7, schedules=20_000)
    again = chance.fuzz(module, 7, schedules=20_000)

    assert {} == first.findings
    assert first.pairs > 100
    assert (first.accesses, first.pairs) == (again.accesses, again.pairs)


def test_list_that_cannot_be_made_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    """add() of the 15th entry follows an invalid pointer."""
    wild = Edit(("pte_list_add",), "tail = desc;", "tail = *(struct pte_list_desc **)8;")
    target = sources.changed(port(), sources.Source(port()).edit([wild]), "wild", tmp_path)
    module = load(target)

    result = module.search(pair(15, What.ADD, What.AGE), 2)

    assert ["host-fault"] == [finding.kind.value for finding in result.findings]
    assert not result.complete
    assert module.search(pair(14, What.COUNT, What.AGE), 2).complete


@pytest.mark.parametrize(
    ("function", "old", "new", "entries", "writer", "seen"),
    [
        (
            "pte_list_add",
            "val = (unsigned long)sptep;",
            ";",
            0,
            What.ADD,
            ("lost-entry", "pte_list_add"),
        ),
        (
            "pte_list_add",
            "desc->tail_count = count;",
            "desc->tail_count = count + 1;",
            14,
            What.ADD,
            ("shape", "pte_list_add"),
        ),
        (
            "kvm_zap_all_rmap_sptes",
            "PORT_UNLOCK(rmap_head, 0);",
            "PORT_UNLOCK(rmap_head, val);",
            1,
            What.ZAP_ALL,
            ("ghost-entry", "kvm_zap_all_rmap_sptes"),
        ),
    ],
)
def test_finding_about_the_list_names_the_function_that_changed_it(
    function: str,
    old: str,
    new: str,
    entries: int,
    writer: What,
    seen: tuple[str, str],
    tmp_path: Path,
) -> None:
    wrong = Edit((function,), old, new)
    target = sources.changed(port(), sources.Source(port()).edit([wrong]), "wrong", tmp_path)

    result = load(target).search(pair(entries, writer, What.ITERATE), 1)

    assert seen in {(finding.kind.value, finding.function) for finding in result.findings}


def test_loop_without_cpu_relax_is_a_hang(tmp_path: Path) -> None:
    read = "val = (unsigned long)atomic_long_read(&rmap_head->val);"
    wrong = Edit(("rmap_lock",), f"cpu_relax(); {read}", read)
    target = sources.changed(port(), sources.Source(port()).edit([wrong]), "spins", tmp_path)

    (found,) = load(target).search(pair(2, What.ZAP_ALL, What.AGE), 1).findings

    assert Kind.HANG is found.kind
    assert "no progress within 20000 accesses" in found.message


def test_lost_dirty_bit_names_the_function_that_wrote_over_it(tmp_path: Path) -> None:
    found = systematic.search(planted("age-plain", tmp_path), 2, stop_on_finding=True).findings

    lost = next(f for f in found.values() if f.message.startswith("the Dirty bit"))

    assert "spte_make_old" == lost.function


def test_minimized_finding_has_the_switches_that_it_needs(tmp_path: Path) -> None:
    module = planted("unlocks-between-descriptors", tmp_path)
    found = module.search(refilled(29), 2).findings
    finding = next(f for f in found if f.kind is Kind.USE_AFTER_FREE)

    smallest = minimize(module, finding)

    # The walker begins and is preempted once, between the two descriptors.
    assert 15 == smallest.sequence.entries
    assert 1 == smallest.away
    assert len(smallest.sequence.switches) <= 2
