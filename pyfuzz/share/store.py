# SPDX-License-Identifier: GPL-2.0-only
"""The place itself: a folder, ssh, a bucket; the only importer of fsspec."""

from __future__ import annotations

import posixpath
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyfuzz.errors import UsageError

INPUTS, FINDINGS, HOSTS = "inputs", "findings", "hosts"
_NAME = {
    INPUTS: re.compile(r"[0-9a-f]{40}"),
    FINDINGS: re.compile(r"[0-9a-f]{64}\.json"),
    HOSTS: re.compile(r"[A-Za-z0-9._-]{1,100}\.json"),
}
TARGET = re.compile(r"[0-9a-f]{32}")
# Where a file that is being written can be seen, it is written beside and renamed.
_FILES = ("file", "local", "sftp", "ssh")
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


@dataclass(frozen=True, slots=True)
class Object:
    """What a listing says of an object."""

    name: str
    size_bytes: int


class Store:
    """A place by its URL.  Every method may raise any exception of its driver."""

    def __init__(self, url: str) -> None:
        """Connect.  Errors: UsageError of check(), and the driver's own."""
        _driver(url)
        import fsspec  # noqa: PLC0415 (an extra: only who shares needs it)

        own = _options(url)
        found: tuple[Any, str] = fsspec.core.url_to_fs(url, **own)
        self._fs, self._root = found
        self._beside = bool(set(_FILES) & set(_protocols(self._fs)))
        self._made: set[str] = set()

    def targets(self) -> list[str]:
        """Return the targets' folders."""
        return [
            name for name, one in self._listed("") if _is_folder(one) and TARGET.fullmatch(name)
        ]

    def objects(self, target: str, what: str) -> list[Object]:
        """Return what there is of ``what``: regular files with a name such as ours have."""
        return [
            Object(name, int(one.get("size") or 0))
            for name, one in self._listed(f"{target}/{what}")
            if one.get("type") == "file" and _NAME[what].fullmatch(name)
        ]

    def _listed(self, folder: str) -> list[tuple[str, dict[str, Any]]]:
        path = posixpath.join(self._root, folder) if folder else self._root
        # What an earlier listing said is of no use: others write here.
        self._fs.invalidate_cache()
        try:
            found: list[dict[str, Any]] = self._fs.ls(path, detail=True)
        except FileNotFoundError:
            return []
        return [(posixpath.basename(str(one["name"]).rstrip("/")), one) for one in found]

    def read(self, target: str, what: str, name: str, limit_bytes: int) -> bytes:
        """Return an object's content, or how it begins if it is longer than the limit."""
        path = self._path(target, what, name)
        with self._fs.open(path, "rb", block_size=limit_bytes + 1) as stream:
            data: bytes = stream.read(limit_bytes + 1)
        return data

    def write(self, target: str, what: str, name: str, data: bytes) -> None:
        """Write an object, whole or not at all."""
        path = self._path(target, what, name)
        if not self._beside:
            self._fs.pipe_file(path, data)
            return
        folder = posixpath.dirname(path)
        if folder not in self._made:
            self._fs.makedirs(folder, exist_ok=True)
            self._made.add(folder)
        beside = posixpath.join(folder, f".{secrets.token_hex(6)}-{name}")
        try:
            with self._fs.open(beside, "wb") as stream:
                stream.write(data)
            self._fs.mv(beside, path)
        except BaseException:
            self._made.clear()  # somebody may have removed the folder
            self._forget(beside)
            raise

    def _forget(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except Exception:  # noqa: BLE001 - what stays is hidden, and the first error counts
            return

    def _path(self, target: str, what: str, name: str) -> str:
        assert TARGET.fullmatch(target) and _NAME[what].fullmatch(name)
        return posixpath.join(self._root, target, what, name)


def check(url: str) -> None:
    """Raise UsageError if the URL cannot be one of a place, or if its driver is missing."""
    _driver(url)


def shown(url: str) -> str:
    """Return a URL for people and files, without its password."""
    return _PASSWORD.sub(r"\1:***@", url)


def _driver(url: str) -> type[Any]:
    try:
        import fsspec  # noqa: PLC0415 (an extra)
    except ImportError:
        raise UsageError("a share needs fsspec: pip install 'pyfuzz[share]'") from None
    scheme = url.partition("://")[0] if "://" in url else "file"
    if not url.strip() or "::" in url:
        raise UsageError(
            f"the share must be a folder or one URL, is '{shown(url)}': name a place such as "
            "/mnt/share, sftp://HOST/PATH or s3://BUCKET/PATH"
        )
    try:
        found: type[Any] = fsspec.get_filesystem_class(scheme)
    except ValueError:
        raise UsageError(
            f"the share {shown(url)} has the protocol '{scheme}', which fsspec does not know: "
            "name a folder, or a URL such as sftp://HOST/PATH or s3://BUCKET/PATH"
        ) from None
    except ImportError as error:
        raise UsageError(
            f"the share {shown(url)} needs a package that is not installed: {error}"
        ) from None
    return found


def _options(url: str) -> dict[str, Any]:
    """Return our own options of a driver: an unknown ssh host is not trusted."""
    if url.partition("://")[0] not in ("sftp", "ssh"):
        return {}
    import paramiko  # noqa: PLC0415 (only for ssh)

    class KnownHosts(paramiko.RejectPolicy):  # type: ignore[misc]
        """Takes the keys that ssh itself would take; the driver reads no file of them."""

        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            for path in (Path("~/.ssh/known_hosts").expanduser(), Path("/etc/ssh/ssh_known_hosts")):
                if path.is_file() and paramiko.HostKeys(str(path)).check(hostname, key):
                    return
            super().missing_host_key(client, hostname, key)

    return {"host_key_policy": KnownHosts()}


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _is_folder(one: dict[str, Any]) -> bool:
    return one.get("type") == "directory"
