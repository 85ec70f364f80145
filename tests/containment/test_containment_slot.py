# SPDX-License-Identifier: GPL-2.0-only
"""Slot -1: what the merged code's helper writes, and where, after its check failed."""

from __future__ import annotations

import struct
from collections.abc import Callable

import debian
import pytest

from pyfuzz.containment import search
from pyfuzz.module.results import Containment, Outcome
from pyfuzz.paths import corpus
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence import container
from pyfuzz.sequence.binary import encode
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists import module as lists_module
from pyfuzz.worlds.lists.module import ListsModule

FILE = corpus() / "regressions" / "remove-behind-an-empty-head.seq"
_TAG = 1


def port() -> Target:
    return catalogue.get("v6.6")


def kernel() -> Target:
    return debian.extracted("6.12").target


BOTH = pytest.mark.parametrize("target", [port, pytest.param(kernel, marks=pytest.mark.kernels)])


def descriptors(module: ListsModule) -> list[tuple[int, int, int, tuple[int, ...]]]:
    """Return more, spte_count, tail_count and all slots of each descriptor of vm0 f0."""
    found = []
    address = module.head_value(0, 0) & ~_TAG
    while address:
        data = module.descriptor_read(address)
        assert data is not None
        more, spte_count, tail_count, *slots = struct.unpack("<QII14Q", data)
        found.append((more, spte_count, tail_count, tuple(slots)))
        address = more
    return found


@BOTH
def test_slot_minus_one_makes_an_entry_of_the_counts(target: Callable[[], Target]) -> None:
    module = lists_module.load(target())
    module.begin()
    *before, remove = container.read(FILE).operations
    for number, op in enumerate(before):
        for step in range(op.repeat):
            module.step(op, number, step)
    (_, *counts, _), (_, *tail, slots) = descriptors(module)
    assert ([0, 14], [14, 0]) == (counts, tail)
    place = slots.index(module.spte_address(0, 0))

    done = module.step(remove, len(before))

    (_, *counts, _), (_, *tail, slots) = descriptors(module)
    assert {0} == done.bugged
    assert 14 << 32 == slots[place], "tail_count and spte_count, read as an SPTE's address"
    assert ([2**32 - 1, 0], [14, 0]) == (counts, tail)


def run_in(target: Target, flavour: str) -> Containment:
    with Runner(target, flavour) as runner:
        result: Containment = runner.call(
            search.run_one, encode(container.read(FILE).operations), 1000
        )
    return result


@BOTH
def test_slot_minus_one_in_the_sanitize_flavour_is_ubsans_report(
    target: Callable[[], Target],
) -> None:
    result = run_in(target(), "sanitize")
    assert (Outcome.MEMORY, True) == (result.outcome, result.bugged)
    assert result.evidence is not None
    assert "UBSan: array-index-out-of-bounds: index -1 of type 'u64 *[14]'" in (
        result.evidence.message
    )


@BOTH
def test_slot_minus_one_in_the_plain_flavour_is_the_hosts_death_at_the_end(
    target: Callable[[], Target],
) -> None:
    result = run_in(target(), "fuzz")
    assert (Outcome.HOST_DEATH, True) == (result.outcome, result.bugged)
    assert result.evidence is not None
    assert ("kvm_zap_all_rmap_sptes", 3) == (result.evidence.function, result.evidence.operation)


@pytest.mark.parametrize("name", ["rfc-v4", "hardened"])
def test_slot_minus_one_is_not_used_where_the_error_returns(name: str) -> None:
    result = run_in(catalogue.get(name), "sanitize")
    assert (Outcome.DETECTED, None) == (result.outcome, result.report)
