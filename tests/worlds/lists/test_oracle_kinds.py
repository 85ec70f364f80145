# SPDX-License-Identifier: GPL-2.0-only
"""Every kind of finding: a cause is planted, and only that kind is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import MANY_STRAY, OF_OTHER_WORLDS, PLANTED, SINGLE_STRAY
from plants import Edit, plant

from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.sequence import binary
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target


def kinds_of(target: Target, text: str) -> set[Kind]:
    module = compiled.load(target)
    module.set_hang_limit(50)
    module.run(binary.encode(parse(text, "test")))
    return {finding.kind for finding in module.last().findings}


@pytest.mark.parametrize(
    ("port", "text", "expected"),
    [
        ("bug", "remove vm0 f0 s9", {Kind.HOST_BUG}),
        ("bug", SINGLE_STRAY, {Kind.HOST_BUG}),
        ("bug", MANY_STRAY, {Kind.HOST_BUG}),
        ("rfc-v2", "context kworker\nremove vm0 f0 s9", {Kind.HOST_FAULT}),
        ("rfc-v2", "context vm1 cpu0\nremove vm0 f0 s9", {Kind.WRONG_VM}),
        ("rfc-v2", SINGLE_STRAY, {Kind.LOST_ENTRY}),
        ("rfc-v2", "remove vm0 f0 s9 x2", {Kind.LOG_FLOOD}),
        ("rfc-v3", SINGLE_STRAY, {Kind.LOST_ENTRY}),
        ("rfc-v3", "add vm1 f0 s0\nremove vm0 vm1:f0 s0", {Kind.WRONG_VM}),
        ("rfc-v3", "remove vm0 f0 s9 x2", {Kind.LOG_FLOOD}),
        ("rfc-v4", "remove vm0 f0 s9 x2", set()),
        ("rfc-v4", SINGLE_STRAY, set()),
        ("rfc-v4", MANY_STRAY, set()),
        ("rfc-v4", "add vm0 f0 s0 x20\nremove vm0 f0 s0\nadd vm0 f0 s30", {Kind.COUNT_CONTRACT}),
        ("v5.10", "remove vm0 f0 s9", {Kind.HOST_BUG}),
        ("v5.10", "add vm0 f0 s0 x5\nremove vm0 f0 s0\nadd vm0 f0 s30", {Kind.COUNT_CONTRACT}),
        ("v6.6", MANY_STRAY, set()),
        ("v6.6-corruption-bug", MANY_STRAY, {Kind.HOST_BUG}),
        ("v6.15", MANY_STRAY, set()),
    ],
)
def test_port_with_an_error_shows_its_policy(port: str, text: str, expected: set[Kind]) -> None:
    assert expected == kinds_of(catalogue.get(port), text)


@pytest.mark.parametrize("kind", PLANTED, ids=lambda kind: kind.value)
def test_planted_cause_is_found_as_its_kind_alone(kind: Kind, tmp_path: Path) -> None:
    port, edit, text = PLANTED[kind]

    before = kinds_of(catalogue.get(port), text)
    after = kinds_of(plant(port, tmp_path, edit), text)

    assert (set(), {kind}) == (before, after)


def test_planted_tagged_head_without_descriptor_is_a_shape(tmp_path: Path) -> None:
    edit = Edit(
        "ports/headdesc.h",
        "val = head->more ? rmap_many(head->more) : 0;",
        "val = rmap_many(head->more);",
    )

    found = kinds_of(plant("v6.6", tmp_path, edit), "add vm0 f0 s0 x2\nremove vm0 f0 s0 x2")

    assert {Kind.SHAPE} == found


def test_kinds_all_are_planted_or_shown_by_a_port() -> None:
    shown = {
        Kind.HOST_BUG,
        Kind.WRONG_VM,
        Kind.LOST_ENTRY,
        Kind.COUNT_CONTRACT,
        Kind.LOG_FLOOD,
    }
    assert set(Kind) == shown | set(PLANTED) | OF_OTHER_WORLDS
