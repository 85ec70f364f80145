# SPDX-License-Identifier: GPL-2.0-only
"""The shipped matrix: complete, the same as in the document, and still valid."""

from __future__ import annotations

import debian
import pytest

from bench import containment as document
from pyfuzz.containment import fill, shipped_matrix
from pyfuzz.containment.matrix import REPLAYS, Matrix
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists.faults import FAULTS


@pytest.fixture(scope="module")
def shipped() -> Matrix:
    matrix = shipped_matrix.load()
    assert matrix is not None
    return matrix


def test_shipped_matrix_has_every_fault_on_every_target_that_builds(shipped: Matrix) -> None:
    builds = {target.name for target in catalogue.TARGETS.values() if target.builds}
    assert builds == {row.target for row in shipped.rows}
    names = {fault.name for fault in FAULTS}
    assert all({cell.fault for cell in row.cells} == names for row in shipped.rows)


def test_shipped_cells_came_to_the_same_each_time(shipped: Matrix) -> None:
    counts = {(c.replays, c.replays_same) for row in shipped.rows for c in row.applicable}
    assert {(REPLAYS, REPLAYS)} == counts


def test_document_has_the_shipped_matrix(shipped: Matrix) -> None:
    text = document.DOCUMENT.read_text(encoding="utf-8")
    assert "\n".join(document.made(shipped)) in text, "run: make containment"


@pytest.mark.parametrize("name", ["rfc-v4", "v6.6", "hardened"])
def test_shipped_cells_replay_to_their_outcomes(shipped: Matrix, name: str) -> None:
    assert [] == fill.replay(shipped, {name: catalogue.get(name)}, times=2)


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("version", "config", "like"),
    [
        ("6.1", False, "bug"),
        ("6.12", False, "v6.6"),
        ("6.12", True, "v6.6-corruption-bug"),
    ],
)
def test_shipped_cells_of_a_port_are_those_of_the_kernel(
    shipped: Matrix, version: str, config: bool, like: str
) -> None:
    target = debian.extracted(version, config=config).target
    assert [] == fill.replay(shipped, {like: target}, times=1)
