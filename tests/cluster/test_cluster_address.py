# SPDX-License-Identifier: GPL-2.0-only
"""Which addresses --cluster takes; all others are refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_process import pyfuzz

from pyfuzz.cluster import address
from pyfuzz.cluster.address import Local, Remote
from pyfuzz.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("local:3", Local(3)),
        ("tls://head.example:8786", Remote("tls://head.example:8786", tls=True)),
        ("tcp://127.0.0.1:8786", Remote("tcp://127.0.0.1:8786", tls=False)),
        ("localhost:8786", Remote("tcp://localhost:8786", tls=False)),
        ("tcp://[::1]:8786", Remote("tcp://[::1]:8786", tls=False)),
        ("127.8.9.1:1", Remote("tcp://127.8.9.1:1", tls=False)),
    ],
)
def test_address_that_may_be_used_is_taken(text: str, expected: Local | Remote) -> None:
    assert expected == address.parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tcp://10.0.0.5:8786", "neither TLS nor loopback"),
        ("head.example:8786", "neither TLS nor loopback"),
        ("tcp://0.0.0.0:8786", "neither TLS nor loopback"),
        ("tcp://127.0.0.1.example:8786", "neither TLS nor loopback"),
        ("tcp://[2001:db8::1]:8786", "neither TLS nor loopback"),
        ("ws://127.0.0.1:8786", "must be tls:// or tcp://"),
        ("inproc://127.0.0.1:1", "must be tls:// or tcp://"),
        ("tls://user@127.0.0.1:8786", "must name a Dask scheduler"),
        ("tls://head", "must name a Dask scheduler"),
        ("tcp://127.0.0.1:70000", "must name a Dask scheduler"),
        ("local:0", "must have N from 1 to 256"),
        ("local:-1", "must name a Dask scheduler"),
        ("", "must name a Dask scheduler"),
    ],
)
def test_address_that_must_not_be_used_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        address.parse(text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cluster", "tcp://10.0.0.5:8786"], "neither TLS nor loopback"),
        (["--cluster", "local:2", "--runs", "5"], "--cluster and --runs cannot be combined"),
        (["--cluster", "local:2", "--systematic"], "has no --cluster"),
        (["--cluster", "tls://127.0.0.1:9"], "Dask's settings name none"),
    ],
)
def test_cluster_that_cannot_work_is_one_line(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = pyfuzz("fuzz", *arguments, folder=tmp_path)

    assert (2, True, 1) == (done.returncode, words in done.stderr, done.stderr.count("pyfuzz: "))
    assert not list(tmp_path.iterdir()), "nothing was begun"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["containment", "--workers", "2"], "--workers is for this machine"),
        (["containment", "--bug", "all"], "--cluster is about faults"),
        (["compare", "v6.6", "v6.6"], "--cluster spreads a search: add --exhaust"),
        (["exhaust", "--world", "threads"], "--cluster is for a search of states"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_measurement_that_a_cluster_cannot_do_is_one_line(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = pyfuzz(*arguments, "--cluster", "local:2", folder=tmp_path)

    assert (2, True, 1) == (done.returncode, words in done.stderr, done.stderr.count("pyfuzz: "))


@pytest.mark.slow
def test_scheduler_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = pyfuzz("fuzz", "--cluster", "tcp://127.0.0.1:9", "--share", "s", folder=tmp_path)

    assert 2 == done.returncode
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
