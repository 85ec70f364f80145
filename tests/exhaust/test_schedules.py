# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz exhaust --world threads``: the verdict, its audits, and findings that replay."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_process import pyfuzz

from pyfuzz.exhaust import schedules
from pyfuzz.exhaust.schedules_verdict import as_object, as_text
from pyfuzz.export import ktap_searches
from pyfuzz.kinds import Kind
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.target import catalogue
from pyfuzz.target.known_findings import Known
from pyfuzz.worlds.threads.event import SearchResult
from pyfuzz.worlds.threads.module import ThreadsModule, load
from pyfuzz.worlds.threads.operation import Sequence

TARGET = catalogue.get("v6.15", "threads")
RUN = ("exhaust", "--world", "threads", "--switches", "1", "--time", "10m")


@pytest.fixture(scope="module")
def module() -> ThreadsModule:
    return load(catalogue.get("v6.15"))


def planted(name: str, folder: Path) -> ThreadsModule:
    mutant = next(mutant for mutant in mutants("threads") if mutant.name == name)
    port = replace(catalogue.get("v6.15"), defines=("PYFUZZ_THREADS=1",))
    return load(sources.plant(port, mutant, folder))


def test_exhaust_of_schedules_says_complete_and_exits_0(tmp_path: Path) -> None:
    done = pyfuzz(*RUN, "--json", "--out", "run", folder=tmp_path)

    found = json.loads(done.stdout)
    assert 0 == done.returncode, done.stderr
    keys = ("target", "world", "scope", "states", "transitions", "left", "depth", "audits")
    assert set(keys) | {"complete", "verdict", "findings"} <= set(found)
    assert (True, 0, 1, "clean") == tuple(
        found[key] for key in ("complete", "left", "depth", "verdict")
    )
    assert 0 == found["audits"]["failed"] < found["audits"]["pairs"]
    assert "complete: every schedule of the scope was covered, none is left" in done.stderr
    assert found == json.loads((tmp_path / "run" / "exhaust.json").read_text())


def test_exhaust_without_time_does_not_claim_what_it_did_not_search(module: ThreadsModule) -> None:
    found = schedules.search(module, TARGET, None, 2, until_s=0.0)

    assert not found.complete
    assert found.whole is None
    assert "not even every schedule without a switch was covered" in " ".join(
        as_text(found).split()
    )
    assert "time" == as_object(found)["end"]
    assert ktap_searches.of_schedules(found)[0].directive == "SKIP"


def test_exhaust_without_audits_is_not_complete(module: ThreadsModule) -> None:
    found = schedules.search(module, TARGET, None, 0, audit_every=0)

    assert 0 == found.whole
    assert not found.complete
    assert "no pair is left, but none was audited" in as_text(found)


def test_exhaust_whose_pruning_hides_an_order_fails_its_audit(
    module: ThreadsModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = module.search

    def hiding(sequence: Sequence, bound: int, **options: Any) -> SearchResult:
        result = search(sequence, bound, **options)
        return result if "prune" in options else replace(result, outcomes=1)

    monkeypatch.setattr(module, "search", hiding)
    found = schedules.search(module, TARGET, None, 1)

    assert (False, None) == (found.complete, found.whole)
    assert found.audits.trouble.startswith("without pruning: list ")
    assert "ERROR" == ktap_searches.of_schedules(found)[0].directive


def test_exhaust_keeps_a_finding_that_replays(tmp_path: Path) -> None:
    module = planted("preempt-enable-forgotten", tmp_path)

    found = schedules.search(module, TARGET, None, 0)

    assert ("finding", True) == (found.word, found.complete)
    assert ["lock-rule"] == [finding.kind.value for finding in found.findings]
    assert module.run_sequence(found.findings[0].sequence).findings
    assert not ktap_searches.of_schedules(found)[0].ok


def test_exhaust_with_a_declared_finding_only_is_known(tmp_path: Path) -> None:
    module = planted("preempt-enable-forgotten", tmp_path)
    knowing = TARGET.knowing([Known(Kind.LOCK_RULE, "*", "on purpose")])

    found = schedules.search(module, knowing, None, 0)

    assert ("known", "on purpose") == (found.word, as_object(found)["findings"][0]["known"])
    assert "verdict: known: nothing new, 1 known finding; complete" in as_text(found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*RUN, "--vms", "2"), "--vms bounds a search of states"),
        ((*RUN, "--no-renamed"), "--no-renamed bounds a search of states"),
        (("exhaust", "--switches", "1"), "--switches is for the world threads, not lists"),
    ],
)
def test_exhaust_with_options_of_another_world_exits_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = pyfuzz(*arguments, folder=tmp_path)

    assert 2 == done.returncode
    assert message in done.stderr
