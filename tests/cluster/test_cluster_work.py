# SPDX-License-Identifier: GPL-2.0-only
"""What a piece is told and answers, as text; the cluster does each one at once, in this process."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pyfuzz import records
from pyfuzz.cluster import piece, pieces, scopes
from pyfuzz.cluster.connection import DONE
from pyfuzz.containment import fill
from pyfuzz.containment import piece as cells
from pyfuzz.containment.matrix import Effort
from pyfuzz.errors import UsageError
from pyfuzz.exhaust.search import Search, search_scopes
from pyfuzz.module.states import Groups, Scope
from pyfuzz.mutants import experiment
from pyfuzz.mutants import piece as trials
from pyfuzz.mutants.sources import Source, changed
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED
from pyfuzz.worlds.lists import faults

CHANGES = {"entries": 3, "caches": False, "renamed": True}


@dataclass
class Task:
    """A piece that is done."""

    text: str
    state: str = DONE

    def answer(self) -> str:
        return self.text

    def forget(self) -> None:
        """Nothing runs."""


class Here:
    """A cluster (pyfuzz.cluster.connection.Connection) that is this process."""

    lost = local = False
    shown = "here"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.jobs: list[Any] = []

    def workers(self) -> dict[str, int]:
        return {"tcp://127.0.0.1:1": 1}

    def submit_piece(self, name: str, module: str, job: str) -> Task:
        self.jobs.append(self.changed(json.loads(job)))
        folder = self._folder / str(len(self.jobs))
        return Task(
            piece.said(import_module(module).work, json.dumps(self.jobs[-1]), folder).text()
        )

    def changed(self, job: Any) -> Any:
        return job

    def stop(self, name: str, *, forever: bool = False) -> None:
        """Nothing runs."""


class Elsewhere(Here):
    """The same with other C code."""

    def changed(self, job: Any) -> Any:
        return {**job, "code": {**job["code"], "key": "another"}}


def told(search: Search) -> Any:
    found = [
        (one.symptom, one.signature, one.count, one.operations, one.known, one.minimized)
        for one in search.findings
    ]
    return search.scope, search.progress, found


def test_scopes_and_findings_come_back_as_they_were_found(tmp_path: Path) -> None:
    target = catalogue.get("rfc-v2")
    until_s = time.monotonic() + 600
    here, _ = search_scopes(target, ("heads",), CHANGES, until_s, lambda one: None, 1)

    there = scopes.search(
        Here(tmp_path),  # type: ignore[arg-type]
        target,
        [one.scope for one in here],
        600.0,
        lambda one: None,
        pytest.fail,
    )

    assert here[0].findings
    assert list(map(told, here)) == list(map(told, there))


def test_interrupt_on_a_cluster_costs_no_scope_that_is_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = [Scope(name, entries=2) for name in ("long", "short", "longer")]
    text = json.dumps(records.plain(scopes._Result(None, 1.0, 1.0, False, ())))

    def run(cluster: object, module: str, jobs: object, done: Any, note: object) -> None:
        done(1, text)
        raise KeyboardInterrupt

    monkeypatch.setattr(pieces, "run", run)
    found = scopes.search(
        None,  # type: ignore[arg-type]
        catalogue.get("rfc-v2"),
        some,
        60.0,
        lambda one: None,
        pytest.fail,
    )

    assert [("long", True), ("short", False)] == [
        (one.scope.name, one.interrupted) for one in found
    ]


def test_scope_keeps_its_groups_of_operations() -> None:
    scope = Scope("mine", entries=7, groups=Groups(5))
    assert scope == scopes._scope(json.loads(json.dumps(scopes._plain(scope))))


def test_other_c_code_is_refused(tmp_path: Path) -> None:
    target = catalogue.get("rfc-v2")
    fault = faults.BY_GROUP[:1]
    with pytest.raises(UsageError, match="other C code"):
        cells.find(
            Elsewhere(tmp_path),  # type: ignore[arg-type]
            [target],
            fault,
            seed=1,
            effort=Effort(),
            watch=lambda cell: None,
            note=pytest.fail,
        )


@pytest.mark.slow
def test_cells_of_a_kernel_are_those_of_its_code_here(tmp_path: Path) -> None:
    source = Source(catalogue.get("rfc-v4"))
    written = changed(source.target, source.replaced([]), "mine", tmp_path)
    kernel = replace(written, generation=EXTRACTED)
    effort = Effort(sample=5, runs=5, sanitized=2, replays=2)
    chosen = [faults.get("add-twice")]
    rows = cells.find(
        Here(tmp_path),  # type: ignore[arg-type]
        [kernel],
        chosen,
        seed=1,
        effort=effort,
        watch=lambda cell: None,
        note=pytest.fail,
    )
    assert fill.find([kernel], chosen, seed=1, effort=effort) == rows


@pytest.mark.slow
def test_trials_come_back_as_they_were_run(tmp_path: Path) -> None:
    target = catalogue.get("rfc-v2")
    options = experiment.Options(target, only=("zap-one-twice", "zap-one-keeps-spte"), trials=2)
    there = Here(tmp_path)
    elsewhere = trials.on(there, pytest.fail)  # type: ignore[arg-type]
    results = [
        experiment.run(options, lambda outcome, total: None, each) for each in (None, elsewhere)
    ]
    here, other = (
        [
            (one.triggered, one.trouble, [replace(each, processor_s=0.0) for each in one.trials])
            for one in result.outcomes
        ]
        for result in results
    )
    assert (here, 2) == (other, len(there.jobs))
    assert 2 == len(here[0][2])
