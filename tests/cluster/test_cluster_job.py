# SPDX-License-Identifier: GPL-2.0-only
"""What travels to a Dask worker and back: plain text, checked where it arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_process import environment

from pyfuzz import paths, records
from pyfuzz.cluster.job import MAX_ANSWER_BYTES, MAX_SOURCE_BYTES, Answer, Job, packed
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.kinds import Kind
from pyfuzz.sequence.input import DEFAULT
from pyfuzz.share.identity import target_hash
from pyfuzz.share.objects import SharedFinding
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED, Target

FOUND = SharedFinding(1, Kind.LEAK, "f", 3, "x" * 2000, "0" * 16, "fuzz", True, ("add vm0 f0 s0",))


def job(target: Target, **changes: Any) -> Job:
    """Return a job for a target, after its way as text."""
    portable, source = packed(target)
    made = Job(
        label="c-0-",
        url="/share",
        key="0" * 32,
        target=portable,
        source=source,
        faults=False,
        flavour="fuzz",
        seed=1,
        workers=1,
        first_worker=0,
        seconds=1.0,
        memory_mb=512,
        check=False,
    )
    return Job.read(replace(made, **changes).text())


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another machine's build folder."""
    monkeypatch.setattr(paths, "build_dir", lambda: tmp_path / "build")
    return tmp_path / "build"


def test_code_of_a_kernel_travels_as_text_and_is_the_same_target(
    tmp_path: Path, elsewhere: Path
) -> None:
    source = tmp_path / "target.c"
    source.write_bytes('#line 3 "/home/me/linux/mmu.c"\n/* caf\xe9 */\nint x;\n'.encode("latin-1"))
    port = catalogue.get("v6.6")
    mine = replace(port, name="linux", generation=EXTRACTED, source=source, known=())
    sent = job(mine)
    source.rename(tmp_path / "gone")

    theirs = sent.unpacked()

    assert theirs.source.is_relative_to(elsewhere)
    assert (tmp_path / "gone").read_bytes() == theirs.source.read_bytes()
    here = replace(mine, source=tmp_path / "gone")
    assert target_hash(here, DEFAULT) == target_hash(theirs, DEFAULT)
    assert ("linux", True) == (theirs.name, theirs.extracted)


def test_port_is_the_file_that_each_pyfuzz_has(elsewhere: Path) -> None:
    sent = job(catalogue.get("v6.6"))

    assert ("", "ports/v6.6.c") == (sent.source, sent.target.source)
    assert catalogue.get("v6.6").source == sent.unpacked().source
    assert not elsewhere.exists()


@pytest.mark.parametrize("source", ["ports/v9.9.c", "../pyproject.toml", "/etc/passwd", ""])
def test_port_that_this_pyfuzz_does_not_have_is_refused(source: str) -> None:
    sent = job(catalogue.get("v6.6"))
    wrong = replace(sent, target=replace(sent.target, source=source))

    with pytest.raises(UsageError, match="this pyfuzz has no"):
        wrong.unpacked()


def test_source_that_is_too_long_to_travel_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "target.c"
    with source.open("wb") as file:
        file.truncate(MAX_SOURCE_BYTES + 1)

    with pytest.raises(UsageError, match="use --share on each machine"):
        packed(replace(catalogue.get("v6.6"), source=source))


@pytest.mark.parametrize("change", [{"seconds": -1}, {"target": 3}, {"workers": "x"}])
def test_job_with_a_wrong_value_is_refused(change: dict[str, object]) -> None:
    values = records.plain(job(catalogue.get("v6.6")))

    with pytest.raises(HarnessError):
        Job.read(json.dumps({**values, **change}))


def test_answer_leaves_out_findings_for_which_there_is_no_room() -> None:
    text = Answer("there", findings=(FOUND,) * 1000).text()

    assert len(text) < MAX_ANSWER_BYTES
    read = Answer.read(text)
    assert set(read.findings) == {FOUND} and len(read.findings) >= 250


def test_slice_whose_dask_worker_is_gone_before_it_could_look_ends(tmp_path: Path) -> None:
    target = catalogue.get("v6.6")
    key = target_hash(target, DEFAULT)
    text = job(target, seconds=600.0, url=str(tmp_path / "share"), key=key).text()
    gone = subprocess.Popen(["true"])
    gone.wait()

    done = subprocess.run(
        [sys.executable, "-P", "-m", "pyfuzz.cluster.slice", str(tmp_path / "run"), str(gone.pid)],
        input=text,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert "executions" not in done.stdout or not json.loads(done.stdout)["beat"]
