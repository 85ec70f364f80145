# SPDX-License-Identifier: GPL-2.0-only
"""How a session classifies a campaign's findings, with a made-up campaign."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from campaigns import options, quiet
from made_runs import FLOOD, LOST, SHORT_COUNT, finding, lost_entry, make_run

from pyfuzz.campaign.campaign import Progress
from pyfuzz.ci import plain, session, text
from pyfuzz.ci.base import find
from pyfuzz.ci.compare import Comparison
from pyfuzz.ci.result import Result, State
from pyfuzz.ci.session import Session
from pyfuzz.finding.finding import Finding
from pyfuzz.kinds import Kind
from pyfuzz.run.options import Options
from pyfuzz.target import catalogue

GONE = "add vm0 f0 s0\nremove vm0 f0 s0\n"
Test = Callable[..., Result]


@pytest.fixture
def after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Test:
    """Return the result of a session on rfc-v3 whose campaign found this."""

    def run(
        *found: Finding, base: str | None = None, interrupted: bool = False, **changes: object
    ) -> Result:
        class Made:
            def __init__(self, chosen: Options, _watch: object) -> None:
                self.progress = Progress(chosen, findings=list(found), interrupted=interrupted)

            def run(self) -> Progress:
                return self.progress

        monkeypatch.setattr(session, "Campaign", Made)
        chosen = options(tmp_path / "out", "rfc-v3", **changes)
        compared = None if base is None else find(base)
        return Session(chosen, (), compared, None, 60.0, time.monotonic()).run(quiet)

    return run


def flood() -> Finding:
    return finding(Kind.LOG_FLOOD, "pte_list_remove", FLOOD)


def test_findings_without_a_base_are_new_or_known(after: Test) -> None:
    known = finding(Kind.COUNT_CONTRACT, "pte_list_add", SHORT_COUNT, "it is")
    result = after(lost_entry(), known)

    assert ("finding", 1, 0, 1) == (result.verdict, *(len(result.of(state)) for state in State))
    assert "known" == after(known).verdict and "clean" == after().verdict


def test_findings_that_the_base_shows_are_on_it(after: Test) -> None:
    result = after(lost_entry(), flood(), base="rfc-v2")

    assert ("known", 2) == (result.verdict, len(result.of(State.BASE)))
    assert [] == after(lost_entry(), base="rfc-v4").of(State.BASE)


def test_finding_that_is_known_stays_so_on_any_base(after: Test) -> None:
    known = replace(lost_entry(), known="to be mended")

    assert 1 == len(after(known, base="rfc-v2").of(State.KNOWN))


def test_finding_of_the_base_s_run_that_was_not_found_again_is_still_there(
    after: Test, tmp_path: Path
) -> None:
    base = str(make_run(tmp_path / "run", lost_entry()))

    result = after(flood(), base=base)

    assert [Kind.LOST_ENTRY] == [item.kind for item in result.of(State.BASE)]
    assert [Kind.LOG_FLOOD] == [item.kind for item in result.of(State.NEW)]
    assert [] == result.fixed


def test_finding_of_the_base_s_run_that_a_replay_does_not_show_is_fixed(
    after: Test, tmp_path: Path
) -> None:
    gone = finding(Kind.LOST_ENTRY, "pte_list_remove", GONE)

    result = after(base=str(make_run(tmp_path / "run", gone)))

    assert ("clean", 1) == (result.verdict, len(result.fixed))
    assert "verdict: clean: nothing found (1 fixed)" == text.lines(result)[-1]


def test_finding_that_a_replay_does_not_show_again_is_new_and_is_said(after: Test) -> None:
    odd = finding(Kind.LOST_ENTRY, "pte_list_remove", GONE)

    result = after(odd, base="rfc-v2")

    assert 1 == len(result.of(State.NEW))
    assert [f"{odd.stem}: a replay no longer shows it"] == result.notes


def test_finding_of_an_earlier_campaign_in_the_folder_that_is_gone_is_fixed(
    after: Test, tmp_path: Path
) -> None:
    gone = finding(Kind.LOST_ENTRY, "pte_list_remove", GONE)
    (tmp_path / "out" / "findings").mkdir(parents=True)
    (tmp_path / "out" / "findings" / f"{gone.stem}.seq").write_text(GONE)

    result = after(gone)

    assert ("clean", []) == (result.verdict, result.notes)
    assert [f"an earlier campaign in {tmp_path / 'out'}"] == [one.where for one in result.fixed]


def test_findings_of_an_interrupted_campaign_are_not_compared_and_it_is_said(after: Test) -> None:
    result = after(lost_entry(), base="rfc-v2", interrupted=True)

    assert (1, False, True) == (len(result.of(State.NEW)), result.compared, result.interrupted)
    assert "were not compared with the base" in " ".join(" ".join(text.lines(result)).split())
    assert plain.as_object(result)["compared"] is False


def test_finding_of_a_merged_bug_is_not_told_twice(after: Test, tmp_path: Path) -> None:
    """The base's sequence meets a place that was merged into another finding."""
    base = str(make_run(tmp_path / "run", lost_entry()))
    with Comparison(catalogue.get("rfc-v3"), find(base)) as comparison:
        comparison.replay_findings_of_base()
        (signature,) = comparison.still
    merged = replace(flood(), also={signature})

    result = after(merged, base=base)

    assert [Kind.LOG_FLOOD] == [item.kind for item in result.items]


def test_text_is_at_most_80_columns_wide_but_for_paths(after: Test) -> None:
    long = finding(Kind.LOST_ENTRY, "pte_list_remove", LOST * 9, "a reason " * 20)

    lines = text.lines(after(long, flood(), base="rfc-v2"))

    assert all(len(line) <= 80 for line in lines if "/" not in line)
    assert "     … and 6 more operations" in lines
