# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fuzz --faults``: sequences that also damage the lists, and what is kept of them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from cli_process import pyfuzz

from pyfuzz.errors import UsageError
from pyfuzz.report import run as reported
from pyfuzz.run import provenance
from pyfuzz.run.folder import RunFolder
from pyfuzz.sequence import container
from pyfuzz.sequence.input import Encoding


def fuzzed(folder: Path, *more: str) -> dict[str, object]:
    """Fuzz a target that contains every error; return the JSON output."""
    done = pyfuzz(
        *("fuzz", "v6.6", "--runs", "3000", "--seed", "1", "--out", "run", "--no-report"),
        *("--json", *more),
        folder=folder,
    )
    told: dict[str, object] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    folder = tmp_path_factory.mktemp("faults")
    return folder / "run", fuzzed(folder, "--faults")


@pytest.mark.slow
def test_fuzz_with_faults_finds_what_a_clean_target_does_not_contain(
    run: tuple[Path, dict[str, object]],
) -> None:
    folder, told = run
    assert (True, "finding") == (told["faults"], told["verdict"])
    texts = [path.read_text() for path in (folder / "findings").glob("*.seq")]
    assert texts
    assert all("\nfault vm" in text for text in texts)


@pytest.mark.slow
def test_fuzz_without_faults_of_the_same_runs_is_clean(tmp_path: Path) -> None:
    told = fuzzed(tmp_path)
    assert (False, "clean") == (told["faults"], told["verdict"])


@pytest.mark.slow
def test_finding_with_faults_is_the_same_as_text_and_as_container(
    run: tuple[Path, dict[str, object]],
) -> None:
    for path in (run[0] / "findings").glob("*.seq"):
        binary = container.read(path.with_suffix(".pyfz"))
        assert (True, container.read(path).operations) == (binary.faults, binary.operations)


@pytest.mark.slow
def test_command_that_repeats_a_campaign_with_faults_says_so(
    run: tuple[Path, dict[str, object]],
) -> None:
    (campaign,), notes = provenance.read(run[0])
    assert ([], True) == (notes, "--faults" in shlex.split(campaign["command"]))


@pytest.mark.slow
@pytest.mark.parametrize("left", ["summary.json", "nothing but the command"])
def test_report_reads_the_inputs_of_a_run_with_faults_as_faults(
    run: tuple[Path, dict[str, object]], left: str
) -> None:
    read = reported.read(run[0])
    if left != "summary.json":
        read.summary = None
    assert read.encoding.faults


@pytest.mark.parametrize("began", [True, False])
def test_run_folder_begun_the_other_way_is_refused(tmp_path: Path, began: bool) -> None:
    RunFolder(tmp_path, "v6.6", Encoding(faults=began)).close()
    with pytest.raises(UsageError, match=r"was started with(out)? --faults, which its inputs"):
        RunFolder(tmp_path, "v6.6", Encoding(faults=not began))
