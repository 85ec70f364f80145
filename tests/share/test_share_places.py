# SPDX-License-Identifier: GPL-2.0-only
"""The store on a bucket and over ssh, each served by this machine on loopback."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyfuzz.corpus.entry import name_of
from pyfuzz.share.store import INPUTS, Store

KEY = "0" * 32
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline_s:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"{process.args!r} does not listen")


@pytest.fixture
def serve() -> Iterator[Callable[[list[str], int], None]]:
    """Start a server on a port, for the time of a test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(command: list[str], port: int) -> None:
        started.append(
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        wait_until_open(port, started[-1])

    yield start
    for one in started:
        one.terminate()
        one.wait()


def exchange(url: str) -> None:
    """Store and read back; overwrite, as after a full disk; list what is there."""
    store, other = Store(url), Store(url)
    assert [] == store.objects(KEY, INPUTS)
    for data in (b"x", b"whole"):
        store.write(KEY, INPUTS, name_of(b"whole"), data)
    assert [(name_of(b"whole"), 5)] == [(o.name, o.size_bytes) for o in other.objects(KEY, INPUTS)]
    assert b"whole" == other.read(KEY, INPUTS, name_of(b"whole"), 10)
    assert b"who" == other.read(KEY, INPUTS, name_of(b"whole"), 2)
    assert [KEY] == other.targets()


@pytest.mark.slow
def test_share_in_a_bucket(
    serve: Callable[[list[str], int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("moto", reason="moto is not installed")
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    port = free_port()
    serve([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem().mkdir("bucket")

    exchange("s3://bucket/place")


@pytest.mark.slow
@pytest.mark.skipif(SSHD is None, reason="there is no sshd on this machine")
def test_share_over_ssh(
    serve: Callable[[list[str], int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("paramiko", reason="paramiko is not installed")
    assert SSHD is not None
    home, port = tmp_path / "home", free_port()
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    for key in (home / ".ssh" / "id_ed25519", tmp_path / "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = (tmp_path / "host.pub").read_text().split()
    known_hosts = home / ".ssh" / "known_hosts"
    (tmp_path / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nPidFile none\n"
        f"AuthorizedKeysFile {home}/.ssh/id_ed25519.pub\nStrictModes no\nUsePAM no\n"
        "PermitRootLogin yes\nSubsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    serve([SSHD, "-D", "-f", str(tmp_path / "config")], port)
    monkeypatch.setenv("HOME", str(home))

    url = f"sftp://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/place"
    with pytest.raises(Exception, match="not found in known_hosts"):
        Store(url)
    known_hosts.write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    exchange(url)
