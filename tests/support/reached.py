# SPDX-License-Identifier: GPL-2.0-only
"""Measure what inputs reach in a target: edges of its code and states of its lists."""

from __future__ import annotations

import multiprocessing
import tempfile
from pathlib import Path

from pyfuzz.module import compiled
from pyfuzz.module.shared import Shared
from pyfuzz.target import catalogue

Reached = tuple[int, int]


def reached_after_each(port: str, groups: list[list[bytes]]) -> list[Reached]:
    """Return the edges and states that a port has reached after each group of inputs.

    A module counts from its loading on, so this runs in a new process.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (port, groups))


def _measure(port: str, groups: list[list[bytes]]) -> list[Reached]:
    module = compiled.load(catalogue.get(port))
    with tempfile.TemporaryDirectory() as folder:
        shared = Shared(Path(folder) / "shared", create=True)
        module.attach(shared.buffer)
        reached = []
        for group in groups:
            for data in group:
                module.run(data)
            counts = shared.counts()
            reached.append((counts.edges, counts.states))
    return reached
