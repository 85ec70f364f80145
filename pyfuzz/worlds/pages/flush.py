# SPDX-License-Identifier: GPL-2.0-only
"""What an operation has the TLBs flush, and what it asks vCPUs to do: recorded, not judged."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# More than these are counted.
_SHOWN = 16


class Request(enum.IntFlag):
    """What a vCPU is asked to do before it enters the guest; as enum pages_request."""

    FLUSH = 1
    SYNC = 2
    ROOTS = 4


_REQUESTS = {
    Request.FLUSH: "flush its TLB",
    Request.SYNC: "sync its roots",
    Request.ROOTS: "drop its roots",
}


@dataclass(frozen=True, slots=True)
class Flush:
    """Consecutive TLB flushes of a VM's vCPUs; ``gfns`` None: of everything."""

    vm: int
    gfns: range | None
    times: int

    def __str__(self) -> str:
        times = f" ({self.times} times)" if self.times > 1 else ""
        return f"TLB flush of vm{self.vm}: {_gfns(self.gfns)}{times}"


def lines(
    flushes: Sequence[Flush], total: int, requests: Iterable[tuple[int, Request]]
) -> Iterator[str]:
    """Yield a line for each of the first flushes, and for each vCPU that is asked for something."""
    shown = flushes[:_SHOWN]
    yield from map(str, shown)
    if total > len(shown):
        yield f"{total - len(shown)} more TLB flushes"
    for vcpu, request in requests:
        if request:
            asked = ", ".join(_REQUESTS[one] for one in request)
            yield f"cpu{vcpu} is asked to do before it enters the guest: {asked}"


def _gfns(gfns: range | None) -> str:
    if gfns is None:
        return "everything"
    if len(gfns) == 1:
        return f"gfn {gfns.start:#x}"
    return f"gfns {gfns.start:#x} to {gfns.stop - 1:#x}"
