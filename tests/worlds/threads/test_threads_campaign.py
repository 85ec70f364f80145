# SPDX-License-Identifier: GPL-2.0-only
"""A planted mistake of the world threads, from a campaign to its report and its exports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz.campaign.campaign import Campaign, Progress
from pyfuzz.campaign.summary import as_object
from pyfuzz.export import junit, mail, sarif, subject
from pyfuzz.finding.minimize import minimize_in
from pyfuzz.kinds import Kind
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.regression import writing
from pyfuzz.regression.expectation import parse_expectations
from pyfuzz.replay.replays import Replay, replay
from pyfuzz.replay.runner import Runner
from pyfuzz.report import run as report_run
from pyfuzz.report.data import collect
from pyfuzz.report.page import render
from pyfuzz.run.options import Options
from pyfuzz.sequence import container
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED, Target
from pyfuzz.target.known_findings import Known

SHOWN = """# pyfuzz sequence 2 threads
list 15
fiber 0 zap-all
fiber 0 add
fiber 1 age
switch 0 0 1
switch 1 14 0
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """Return the port with a walker that unlocks the list between two descriptors."""
    folder = tmp_path_factory.mktemp("planted")
    mutant = next(one for one in mutants("threads") if one.name == "unlocks-between-descriptors")
    port = replace(catalogue.get("v6.15", "threads"), defines=("PYFUZZ_THREADS=1",))
    # A run folder keeps the source of an extracted target alone.
    return replace(sources.plant(port, mutant, folder), generation=EXTRACTED)


@pytest.fixture(scope="module")
def shown(planted: Target, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    path = tmp_path_factory.mktemp("shown") / "x.seq"
    path.write_text(SHOWN)
    (done,) = replay([container.read(path)], planted, "fuzz")
    return done


def quiet(progress: Progress, phase: str) -> None:
    """Show nothing."""


def options(target: Target, out: Path) -> Options:
    return Options(target, out, 1, seconds=None, runs=4000, check=False, stop_on_finding=True)


@pytest.mark.slow
def test_campaign_finds_a_planted_mistake_and_its_report_draws_the_schedule(
    planted: Target, tmp_path: Path
) -> None:
    progress = Campaign(options(planted, tmp_path / "run"), quiet).run()
    (tmp_path / "run" / "summary.json").write_text(json.dumps(as_object(progress)))

    found = {finding.kind: finding for finding in progress.findings}
    assert Kind.USE_AFTER_FREE in found, progress.notes
    assert ["rmap_age"] == [found[Kind.USE_AFTER_FREE].function]
    assert found[Kind.USE_AFTER_FREE].minimized
    data = collect(report_run.read(tmp_path / "run"))
    entry = next(one for one in data["findings"] if one["kind"] == "use-after-free")
    assert entry["replayed"]["reproduced"]
    assert any("after the descriptor" in one["message"] for one in data["findings"])
    assert '<table class="schedule">' in render(data)
    assert Campaign(options(planted, tmp_path / "run"), quiet).run().resumed


def test_finding_is_attributed_to_the_operation_of_its_fiber(shown: Replay) -> None:
    (finding,) = shown.findings

    assert (Kind.USE_AFTER_FREE, "rmap_age", 3) == (
        finding.kind,
        finding.function,
        finding.operation,
    )
    assert finding.line > 0


def test_minimised_sequence_has_the_switches_that_it_needs(planted: Target, shown: Replay) -> None:
    (finding,) = shown.findings
    more = parse(f"{SHOWN}fiber 2 test-age\nswitch 1 3 2\nswitch 2 4 1\n", "x.seq")
    with Runner(planted) as runner:
        less = minimize_in(runner, more, kind=finding.kind, function=finding.function)

    assert ["list 15", "fiber 0 zap-all", "fiber 0 add", "fiber 1 age"] == list(map(str, less[:4]))
    assert 2 == len(less[4:])


def test_known_finding_is_one_here_too(shown: Replay) -> None:
    knowing = shown.target.knowing([Known(Kind.USE_AFTER_FREE, "rmap_age", "on purpose")])

    assert "finding" == shown.verdict
    assert "known" == replace(shown, target=knowing).verdict


def test_exports_name_place_and_schedule(shown: Replay) -> None:
    found = subject.of_replay(shown)
    letter = mail.render(mail.Case(shown, shown.findings[0].symptom)).decode()

    assert b'"ruleId": "use-after-free"' in sarif.render(found)
    assert b"switch 1 14 0" in junit.render(found)
    assert "-- fiber 1 stops before its access 14: fiber 0 goes on; the list: " in letter


def test_regression_file_of_a_schedule_is_named_after_what_is_interleaved(shown: Replay) -> None:
    case = writing.case_of(shown.findings, shown.target, shown.file.operations)
    assert case is not None

    text = writing.text_of(case, {"v6.15": tuple(shown.findings)})

    assert "use-after-free-age-beside-zap-all" == writing.name_of(case)
    assert text.startswith("# pyfuzz sequence 2 threads\n")
    expected = parse_expectations(text, "x.seq").targets["v6.15"]
    assert ["use-after-free rmap_age"] == [str(one) for one in expected]
    assert Symptom(Kind.USE_AFTER_FREE, "rmap_age").expectation == str(expected[0])
