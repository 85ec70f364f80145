# SPDX-License-Identifier: GPL-2.0-only
"""Store buffers: the port is silent, and a mistake that needs them is found with them only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.export import c_threads
from pyfuzz.kinds import Kind
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import Edit
from pyfuzz.replay import trace_text
from pyfuzz.replay.replays import replay
from pyfuzz.sequence import container
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.threads import chance, systematic, text
from pyfuzz.worlds.threads.minimize import find, minimize
from pyfuzz.worlds.threads.module import ThreadsModule, load
from pyfuzz.worlds.threads.operation import Delay, Operation, Sequence, What, sequence_of
from pyfuzz.worlds.threads.trace import trace

# Store buffering between a writer and a walker: each says that it is there, then looks for the
# other.  Without store buffers at least one of them sees the other.
WORDS = b"static int writer_is_there, walker_is_there, writer_saw;\n"
WRITER = Edit(
    ("kvm_zap_all_rmap_sptes",),
    "val = PORT_LOCK(rmap_head)",
    "val = ({ WRITE_ONCE(writer_is_there, 1); BARRIER "
    "WRITE_ONCE(writer_saw, 1 + READ_ONCE(walker_is_there)); PORT_LOCK(rmap_head); })",
)
WALKER = Edit(
    ("rmap_age",),
    "if (!val) return false;",
    "{ bool alone; WRITE_ONCE(walker_is_there, 1); BARRIER alone = !READ_ONCE(writer_is_there); "
    "WARN_ON_ONCE(alone && READ_ONCE(writer_saw) == 1); if (!val) return false; }",
)


def port() -> Target:
    return replace(catalogue.get("v6.15"), defines=("PYFUZZ_THREADS=1",))


def handshake(folder: Path, barrier: str = "") -> Target:
    """The port with this mistake, or with a barrier between the two steps of each."""
    edits = [replace(edit, new=edit.new.replace("BARRIER", barrier)) for edit in (WRITER, WALKER)]
    text = sources.Source(port()).edit(edits)
    return sources.changed(port(), WORDS + text, "handshake", folder)


def zap_and_age(*, tso: bool) -> Sequence:
    age = (Operation(What.AGE),)
    return Sequence(0, ((Operation(What.ADD), Operation(What.ZAP_ALL)), age), tso=tso)


@pytest.fixture(scope="module")
def module() -> ThreadsModule:
    return load(catalogue.get("v6.15"))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return handshake(tmp_path_factory.mktemp("planted"))


def test_search_of_the_port_with_store_buffers_finds_nothing(module: ThreadsModule) -> None:
    result = systematic.search(module, 1, tso=True)

    assert {} == result.findings
    assert result.complete
    assert result.schedules > systematic.search(module, 1).schedules


@pytest.mark.parametrize("writer", [What.ADD, What.ZAP_ONE, What.ZAP_ALL, What.FREE_ALL])
@pytest.mark.parametrize("other", [What.AGE, What.ADD])
def test_pruned_search_with_store_buffers_sees_the_orders_of_the_whole_one(
    module: ThreadsModule, writer: What, other: What
) -> None:
    sequence = Sequence(2, ((Operation(writer),), (Operation(other),)), tso=True)
    pruned = module.search(sequence, 2)
    whole = module.search(sequence, 2, prune=False)

    assert whole.schedules > pruned.schedules
    assert (whole.outcomes, whole.outcomes_hash) == (pruned.outcomes, pruned.outcomes_hash)


def test_mistake_that_needs_a_store_buffer_is_found_with_one_only(
    planted: Target, tmp_path: Path
) -> None:
    module = load(planted)

    assert () == module.search(zap_and_age(tso=False), 2).findings
    (finding,) = module.search(zap_and_age(tso=True), 2).findings
    assert (Kind.WARNING, "rmap_age", 1) == (finding.kind, finding.function, finding.delayed)
    with_barrier = load(handshake(tmp_path, "smp_mb();"))
    assert () == with_barrier.search(zap_and_age(tso=True), 2).findings


def test_finding_with_a_store_that_waits_replays_from_its_text(planted: Target) -> None:
    module = load(planted)
    (finding,) = module.search(zap_and_age(tso=True), 2).findings
    lines = parse(text.format_sequence(finding.sequence), "x.seq")

    assert find(module, sequence_of(lines), finding) is not None
    shown = [one.text for entry in trace(module, lines) for one in entry.accesses]

    assert any("flush image" in one for one in shown), shown
    assert ">>>" in "\n".join(trace_text.lines(trace(module, lines), lambda _: None))


def test_minimised_finding_keeps_the_one_store_that_waits(planted: Target) -> None:
    module = load(planted)
    (finding,) = module.search(zap_and_age(tso=True), 2).findings
    more = (*finding.sequence.delays, Delay(0, 1, 3), Delay(0, 4, 9))

    longer = find(module, replace(finding.sequence, delays=more), finding)
    assert longer is not None
    smallest = minimize(module, longer).sequence

    assert smallest.tso
    assert 1 == len(smallest.delays)
    assert find(module, replace(smallest, tso=False), finding) is None


def test_random_schedules_with_store_buffers_find_it_too(planted: Target) -> None:
    module = load(planted)

    result = module.fuzz(zap_and_age(tso=True), 1, schedules=4000, changes=2)

    assert [Kind.WARNING] == [finding.kind for finding in result.findings]
    assert result.findings[0].sequence.delays
    assert () == module.fuzz(zap_and_age(tso=False), 1, schedules=4000, changes=2).findings


def test_random_schedules_of_the_port_sometimes_have_store_buffers(module: ThreadsModule) -> None:
    result = chance.fuzz(module, 3, schedules=20_000)

    assert {} == result.findings
    assert {False, True} == {sequence.tso for sequence in result.kept}


def test_export_of_a_store_that_waits_is_refused(planted: Target, tmp_path: Path) -> None:
    (finding,) = load(planted).search(zap_and_age(tso=True), 2).findings
    (tmp_path / "x.seq").write_text(text.format_sequence(finding.sequence))
    (done,) = replay(
        [container.read(tmp_path / "x.seq")], replace(planted, world="threads"), "fuzz"
    )

    with pytest.raises(UsageError, match="stores wait in store buffers"):
        c_threads.generate(done, finding.symptom, "", "x.c")
