# SPDX-License-Identifier: GPL-2.0-only
"""The report at the end of a campaign."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_process import pyfuzz

from pyfuzz.run.stats import read

RUNS = ("fuzz", "rfc-v3", "--runs", "2000", "--seed", "1", "--out", "run", "--json")


def test_fuzz_writes_the_report_and_says_where_it_is(tmp_path: Path) -> None:
    done = pyfuzz(*RUNS, folder=tmp_path)

    assert json.loads(done.stdout)["report"] == "run/report.html"
    assert "  report       run/report.html\n" in done.stderr
    page = (tmp_path / "run/report.html").read_text()
    assert "pyfuzz fuzz rfc-v3 --runs 2000 --workers 1 --seed 1" in page
    assert "No verdict" not in page


@pytest.mark.slow
def test_fuzz_without_report_writes_none(tmp_path: Path) -> None:
    done = pyfuzz(*RUNS, "--no-report", folder=tmp_path)

    assert json.loads(done.stdout)["report"] is None
    assert not (tmp_path / "run/report.html").exists()


@pytest.mark.slow
def test_fuzz_twice_in_a_folder_reports_both_campaigns(tmp_path: Path) -> None:
    first = json.loads(pyfuzz(*RUNS, "--no-report", folder=tmp_path).stdout)
    second = json.loads(pyfuzz(*RUNS, folder=tmp_path).stdout)

    report = json.loads(pyfuzz("report", "run", "--json", folder=tmp_path).stdout)
    assert len(report["campaigns"]) == 2
    done = first["executions"] + second["executions"]
    assert report["samples"][-1]["executions"] == pytest.approx(done)
    assert len({sample.started for sample in read(tmp_path / "run/stats.jsonl")[0]}) == 2
