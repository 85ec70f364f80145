# SPDX-License-Identifier: GPL-2.0-only
"""``--cluster`` of the commands that measure in independent pieces."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from pyfuzz.cluster.connection import Connection

F = TypeVar("F", bound=Callable[..., object])


def cluster_option(what: str) -> Callable[[F], F]:
    """Return the option; ``what`` is done there."""
    return click.option(
        "--cluster",
        metavar="ADDRESS",
        help=f"{what} on the workers of a Dask cluster: tls://HOST:PORT, a scheduler on "
        "loopback, or local:N, which starts N workers here (docs/cluster.md).",
    )


@contextmanager
def on_cluster(address: str) -> Iterator[Connection]:
    """Connect for a while; errors: UsageError."""
    from pyfuzz.cluster import connection  # noqa: PLC0415 (needs an extra)

    with connection.connect(address) as cluster:
        yield cluster


def say_note(text: str) -> None:
    """Show a note on standard error."""
    print(f"note: {text}", file=sys.stderr, flush=True)
