# SPDX-License-Identifier: GPL-2.0-only
"""A task of a Dask cluster, in which a test decides what happens."""

from __future__ import annotations

from dataclasses import dataclass

from pyfuzz.cluster.connection import PENDING


@dataclass
class Task:
    """A piece or a slice, as far as the scheduler knows; ``of`` is its name or its address."""

    of: str
    job: str
    state: str = PENDING
    said: object = ""
    forgotten: bool = False

    def answer(self) -> object:
        return self.said

    def why(self) -> str:
        return "KilledWorker: its Dask worker died"

    def forget(self) -> None:
        self.forgotten = True
