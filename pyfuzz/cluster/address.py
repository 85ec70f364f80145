# SPDX-License-Identifier: GPL-2.0-only
"""Which clusters may be used: whoever reaches a Dask scheduler can run code on all of it.

So it is TLS, which asks for a certificate, or an address that only this machine reaches.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from pyfuzz.errors import UsageError

MAX_LOCAL = 256
_LOCAL = re.compile(r"local:([0-9]{1,6})")
_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s/:@\[\]]+):(?P<port>[0-9]{1,5})"
)
_WAYS = "give tls://HOST:PORT, tcp://127.0.0.1:PORT, or local:N"


@dataclass(frozen=True, slots=True)
class Local:
    """Start ``workers`` Dask workers on this machine, for the time of the command."""

    workers: int


@dataclass(frozen=True, slots=True)
class Remote:
    """The scheduler of a cluster that exists; ``tls``: with certificates."""

    address: str
    tls: bool


def parse(text: str) -> Local | Remote:
    """Return what ``--cluster`` names.

    Errors: UsageError if it is not an address, or neither TLS nor loopback.
    """
    if match := _LOCAL.fullmatch(text):
        number = int(match[1])
        if not 1 <= number <= MAX_LOCAL:
            raise UsageError(f"--cluster local:N must have N from 1 to {MAX_LOCAL}, has {match[1]}")
        return Local(number)
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match["port"]) < 1 << 16:
        raise UsageError(f"--cluster must name a Dask scheduler, is '{text}': {_WAYS}")
    address = f"{match['scheme'] or 'tcp'}://{match['host']}:{match['port']}"
    check(address, "--cluster")
    return Remote(address, match["scheme"] == "tls")


def check(address: str, whose: str) -> None:
    """Raise UsageError if an address is neither TLS nor loopback."""
    match = _ADDRESS.fullmatch(address)
    scheme = match["scheme"] if match else None
    if scheme not in ("tls", "tcp"):
        raise UsageError(f"{whose} must be tls:// or tcp://, is {address}: {_WAYS}")
    if scheme == "tcp" and not _is_loopback(host_of(address)):
        raise UsageError(
            f"{whose} {address} is neither TLS nor loopback, so anybody who reaches it could run "
            f"code on the cluster and here: {_WAYS}"
        )


def host_of(address: str) -> str:
    """Return the host of an address such as tls://HOST:PORT."""
    return address.rpartition("://")[2].rpartition(":")[0].strip("[]")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
