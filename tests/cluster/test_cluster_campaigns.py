# SPDX-License-Identifier: GPL-2.0-only
"""Campaigns on Dask workers of this machine, as a user starts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_process import pyfuzz

pytestmark = pytest.mark.slow
pytest.importorskip("distributed", reason="distributed is not installed")


def fuzz(folder: Path, *options: str) -> dict[str, Any]:
    """Run a campaign in an empty run folder; return its summary and ``code``."""
    done = pyfuzz(
        *("fuzz", "rfc-v2", "--seed", "1", "--no-report", "--no-sanitizer-worker"),
        *("--out", "run", "--json", *options),
        folder=folder,
        timeout_s=600,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return {**said, "code": done.returncode, "text": done.stderr}


def test_campaign_on_two_dask_workers_ends_with_the_first_finding(tmp_path: Path) -> None:
    said = fuzz(tmp_path, "--cluster", "local:2", "--time", "5m", "--stop-on-finding")

    assert (1, "finding", None, []) == tuple(
        said[key] for key in ("code", "verdict", "error", "notes")
    )
    assert said["seconds"] < 300
    assert {"slice-1", "slice-2"} == {worker["name"] for worker in said["by_worker"]}
    assert said["executions"] == sum(worker["executions"] for worker in said["by_worker"]) > 0
    first = said["findings"][0]
    assert first["minimized"] and (tmp_path / first["artifact"]).is_file()
    assert "slice-1" in first["by_worker"] or "slice-2" in first["by_worker"]
    replayed = pyfuzz("replay", first["artifact"], "--target", "rfc-v2", folder=tmp_path)
    assert 1 == replayed.returncode, replayed.stderr
    hosts = list((tmp_path / "run" / "share").glob("*/hosts/c*.json"))
    assert 3 == len(hosts), "two slices and the client"
