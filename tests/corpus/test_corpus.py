# SPDX-License-Identifier: GPL-2.0-only
"""The shipped corpora: what the seeds reach, what the regressions show."""

from __future__ import annotations

import random
from functools import cache

import pytest
from every_state import every_state
from reached import reached_after_each
from selection import mostly_slow

from pyfuzz import paths
from pyfuzz.kinds import Kind
from pyfuzz.regression.expectation import parse_expectations
from pyfuzz.sequence.binary import encode
from pyfuzz.sequence.container import FileKind, SequenceFile, read_folder
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists import module as lists_module
from pyfuzz.worlds.lists.judge import Judge

PORTS = [name for name, target in catalogue.TARGETS.items() if target.builds]


@cache
def corpus(name: str) -> list[SequenceFile]:
    """Return the lists world's files of a shipped corpus, none of which may be unreadable."""
    warnings: list[str] = []
    files = read_folder(paths.corpus() / name, warnings.append)
    assert (warnings, bool(files)) == ([], True)
    return [file for file in files if file.input.encoding.world == "lists"]


def random_inputs(count: int) -> list[bytes]:
    """Return inputs like those of blind fuzzing, but with busy lists."""
    chance = random.Random(20221129)
    inputs = []
    for _ in range(count):
        data = bytearray(chance.randbytes(4 * chance.choice((4, 16, 64))))
        for at in range(0, len(data), 4):
            data[at] &= 0x3F  # two VMs
            data[at + 1] &= chance.choice((0x01, 0x11, 0xFF))  # few heads
        inputs.append(bytes(data))
    return inputs


@pytest.mark.parametrize("port", mostly_slow(PORTS, "rfc-v4", "v6.15"))
def test_seeds_reach_every_edge_and_state_that_anything_here_reaches(port: str) -> None:
    seeds = [file.payload for file in corpus("seeds")]
    nothing, by_seeds, by_all = reached_after_each(
        port, [[b""], seeds, every_state() + random_inputs(1000)]
    )
    assert nothing < by_seeds
    assert by_seeds == by_all


def test_seeds_are_small_containers() -> None:
    seeds = corpus("seeds")
    assert {file.kind for file in seeds} == {FileKind.CONTAINER}
    assert sum(len(file.payload) for file in seeds) < 16_384
    assert len({file.payload for file in seeds}) == len(seeds)


TABLE = {
    "bug": {Kind.HOST_BUG, Kind.COUNT_CONTRACT},
    "rfc-v2": {Kind.HOST_FAULT, Kind.WRONG_VM, Kind.LOST_ENTRY, Kind.LOG_FLOOD},
    "rfc-v3": {Kind.LOST_ENTRY, Kind.LOG_FLOOD, Kind.COUNT_CONTRACT},
    "rfc-v4": {Kind.COUNT_CONTRACT},
    "v5.10": {Kind.HOST_BUG, Kind.COUNT_CONTRACT},
    "v6.6": set(),
    "v6.6-corruption-bug": {Kind.HOST_BUG},
    "v6.15": set(),
    "hardened": set(),
}


@pytest.mark.parametrize("port", PORTS)
def test_regressions_expect_what_each_port_is_there_to_show(port: str) -> None:
    expected = {
        one.kind
        for file in corpus("regressions")
        if not file.faults  # not covered by the table
        for one in parse_expectations(file.text or "", str(file.path)).targets.get(port, ())
    }
    assert TABLE.get(port, set()) - expected == set()
    assert bool(expected) is bool(TABLE.get(port, set()))


@pytest.mark.parametrize("port", ["bug", "v5.10", "v6.6-corruption-bug"])
def test_regressions_reach_bug_in_each_of_the_three_places(port: str) -> None:
    module = lists_module.load(catalogue.get(port))
    places = set()
    for file in corpus("regressions"):
        module.run(file.payload)
        places |= {f.line for f in module.last().findings if f.kind is Kind.HOST_BUG}
    assert len(places) == 3


# Sequences for one finding each, on the target that shows it.
SHORTEST = {
    "remove-from-empty": "bug",
    "remove-other-from-single": "rfc-v3",
    "remove-other-from-many": "bug",
    "remove-in-kworker": "rfc-v2",
    "remove-on-another-vms-vcpu": "rfc-v2",
    "remove-on-bugged-vms-vcpu": "rfc-v2",
    "two-errors-one-log-line": "rfc-v3",
    "two-errors-in-many-one-log-line": "rfc-v3",
    "remove-from-another-vms-list": "rfc-v3",
    "remove-with-gfn-off-by-one": "bug",
    "remove-with-gfn-off-by-one-drops-neighbour": "rfc-v3",
    "add-after-hole-returns-too-little": "rfc-v4",
    "add-after-hole-returns-too-little-5.10": "v5.10",
    "recycle-missed-after-a-hole": "rfc-v4",
}


@pytest.mark.parametrize("name", SHORTEST)
def test_regression_without_any_one_operation_shows_its_finding_no_more(name: str) -> None:
    file = next(file for file in corpus("regressions") if file.path.stem == name)
    expectations = parse_expectations(file.text or "", name)
    target = catalogue.get(SHORTEST[name])
    module = lists_module.load(target)

    def shown(payload: bytes) -> set[int]:
        module.run(payload)
        return {
            finding.signature
            for finding in module.last().findings
            if any(one.fits(finding) for one in expectations.targets[target.name])
        }

    whole = shown(file.payload)
    assert whole
    for at in range(len(file.operations)):
        assert whole - shown(encode(file.operations[:at] + file.operations[at + 1 :]))


@pytest.mark.parametrize("port", PORTS)
def test_regressions_are_seen_alike_by_both_oracles(port: str) -> None:
    module = lists_module.load(catalogue.get(port))
    for file in corpus("regressions"):
        judge = Judge(module)
        for number, op in enumerate(file.operations):
            # The judge is slow on long lists, which have tests of their own.
            for step in range(op.repeat if op.repeat < 100 else 0):
                verdict = judge.step(op, number, step)
                assert set(verdict.step.findings) == set(verdict.kinds), file.path.name
        verdict = judge.end(len(file.operations))
        assert set(verdict.step.findings) == set(verdict.kinds), file.path.name


def test_regressions_say_what_they_show() -> None:
    for file in corpus("regressions"):
        assert parse_expectations(file.text or "", str(file.path)).shows, file.path.name
