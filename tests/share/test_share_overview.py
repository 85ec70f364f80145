# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz share URL``: who is there and what they found."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from cli_process import pyfuzz

from pyfuzz.kinds import Kind
from pyfuzz.share import objects, overview
from pyfuzz.share.objects import Host, SharedFinding
from pyfuzz.share.page import render
from pyfuzz.share.store import FINDINGS, HOSTS, Store

KEY = "0" * 32
FOUND = SharedFinding(
    1, Kind.LOST_ENTRY, "f", 1, "gone", "0" * 16, "fuzz", minimized=False, operations=("a", "b")
)
HOST = Host(
    pyfuzz=1, host="h", target="rfc-v2", source="", world="lists", faults=False, flavour="fuzz",
    workers=1, started=0.0, updated=0.0, ended=False, seconds=10.0, executions=500, operations=900,
    edges=7, states=8, corpus=9, findings=("0" * 16,),
)  # fmt: skip


def fill(place: Path) -> None:
    """Store two campaigns, one of them silent, a finding twice, and garbage."""
    store = Store(str(place))
    for name, updated in (("old", 1.0), ("new", time.time())):
        store.write(KEY, HOSTS, f"{name}.json", objects.pack(replace(HOST, updated=updated)))
    for one in (FOUND, replace(FOUND, minimized=True, operations=("a",), message="\x1b[31mgone")):
        data = objects.pack(one)
        store.write(KEY, FINDINGS, objects.finding_name(data), data)
    store.write(KEY, FINDINGS, f"{0:064x}.json", b"{}")


def test_overview_tells_running_from_silent_and_merges_findings(tmp_path: Path) -> None:
    fill(tmp_path)

    (target,) = overview.look(str(tmp_path)).targets

    assert ["running", "silent"] == [one.state for one in target.campaigns]
    assert (1000, 50.0, 1) == (target.executions, target.executions_per_second, target.garbage)
    assert [(("a",), 2)] == [(one.finding.operations, one.campaigns) for one in target.findings]


def test_share_command_shows_no_escapes_and_prints_json(tmp_path: Path) -> None:
    fill(tmp_path)

    text = pyfuzz("share", str(tmp_path), folder=tmp_path)
    whole = pyfuzz("share", str(tmp_path), "--json", folder=tmp_path)

    assert (0, 0) == (text.returncode, whole.returncode), text.stderr + whole.stderr
    assert "lost-entry in f, in 2 campaigns: ?[31mgone" in text.stdout
    assert "rfc-v2" == json.loads(whole.stdout)["targets"][0]["campaigns"][0]["host"]["target"]


def test_share_command_on_nothing_is_one_line(tmp_path: Path) -> None:
    done = pyfuzz("share", str(tmp_path / "none"), folder=tmp_path)

    assert 2 == done.returncode
    assert "is empty or not there" in done.stderr


def test_report_of_a_share_is_one_page_of_all_its_machines(tmp_path: Path) -> None:
    fill(tmp_path / "share")
    (tmp_path / "share" / "notes.txt").write_text("kept by somebody")

    done = pyfuzz("report", "share", folder=tmp_path)

    page = (tmp_path / "pyfuzz-share.html").read_text("utf-8")
    assert (0, "pyfuzz-share.html\n") == (done.returncode, done.stdout), done.stderr
    assert page.count("<h3>lost-entry in f</h3>") == 1
    assert "In new, old." in page
    assert page.count('<th scope="row">') == 2
    assert {"running", "silent"} <= set(re.findall(r"<td>(\w+)</td>", page))
    assert "1 object not what the name says" in page


def test_report_of_a_share_shows_what_others_wrote_as_text(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    evil = "<script>alert(1)</script>\x1b[31m"
    host = replace(HOST, host=evil, target=evil, world=evil, updated=1e300)
    store.write(KEY, HOSTS, "one.json", objects.pack(host))
    data = objects.pack(replace(FOUND, message=evil, function=evil, operations=(evil,)))
    store.write(KEY, FINDINGS, objects.finding_name(data), data)

    page = render(overview.look(str(tmp_path)))

    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "\x1b" not in page


def test_report_of_a_share_by_url_prints_the_json_of_share(tmp_path: Path) -> None:
    fill(tmp_path)
    url = f"file://{tmp_path}"

    report = pyfuzz("report", url, "--json", folder=tmp_path)
    share = pyfuzz("share", url, "--json", folder=tmp_path)

    assert report.returncode == 0, report.stderr
    told = [json.loads(done.stdout)["targets"][0] for done in (report, share)]
    for target in told:
        for campaign in target["campaigns"]:
            del campaign["silent_s"]
    assert told[0] == told[1]
    assert not (tmp_path / "pyfuzz-share.html").exists()


@pytest.mark.parametrize("url", ["file:///nowhere/at/all", "none://what"])
def test_report_of_no_share_is_one_line(tmp_path: Path, url: str) -> None:
    done = pyfuzz("report", url, folder=tmp_path)

    assert 2 == done.returncode
    assert done.stderr.startswith("pyfuzz: ") and done.stderr.count("\n") == 1
    assert url in done.stderr


def test_report_of_a_share_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    fill(tmp_path / "share")

    done = pyfuzz("report", "share", "-o", "no/such/page.html", folder=tmp_path)

    assert 2 == done.returncode
    assert "the page no/such/page.html cannot be written: " in done.stderr
