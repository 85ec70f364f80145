# SPDX-License-Identifier: GPL-2.0-only
"""The scopes of the world pages: which entries the guest writes, with what, and who else acts."""

from __future__ import annotations

from pyfuzz.module.states import Groups, Scope
from pyfuzz.text import number

_TOLD = Groups.WRITES | Groups.FLUSHES
_ALL = _TOLD | Groups.POKES | Groups.LARGE | Groups.HOST | Groups.RECLAIM
# A state takes 1 to 2 KiB on the queue.
_MEMORY_MB = 4096


def _scope(name: str, pdes: int, ptes: int, targets: int, groups: Groups) -> Scope:
    return Scope(name, pdes=pdes, ptes=ptes, targets=targets, groups=groups, memory_mb=_MEMORY_MB)


SCOPES = (
    _scope("page", 1, 1, 1, _TOLD | Groups.LARGE),
    _scope("frames", 1, 1, 2, Groups.WRITES),
    _scope("host", 1, 1, 1, Groups.WRITES | Groups.HOST | Groups.RECLAIM),
    _scope("pokes", 1, 1, 1, Groups.WRITES | Groups.POKES),
    # A PDE that becomes a huge page, or another, unseen: CVE-2026-46113, CVE-2026-53359.
    _scope("huge", 1, 1, 1, Groups.POKES | Groups.LARGE),
    # Two PDEs, which may share a table.
    _scope("shared", 2, 1, 1, Groups.WRITES),
    # Two entries that change unseen, of one table or of the PDEs: 20 s each.
    _scope("ptes", 1, 2, 1, Groups.WRITES | Groups.POKES),
    _scope("pdes", 2, 1, 1, Groups.WRITES | Groups.POKES),
    # Three frames in two memslots; two minutes of processor time.
    _scope("tables", 2, 2, 3, _TOLD | Groups.HOST),
    # Large ones, which take longer than anyone waits: so far as the time allows.
    _scope("wide", 2, 2, 4, _ALL),
    _scope("slots", 1, 2, 4, _ALL | Groups.SLOTS),
)
"""The scopes, small ones first."""

NOT_COVERED = (
    "other pages, entries, frames, paging modes, address spaces and operations than the scope has",
    "what follows the end of the VM",
    "the second VM and the second vCPU",
    "locks, other CPUs and memory ordering: operations run one at a time",
    "memory that the target would reach only through a broken pointer",
    "what follows a finding",
)
"""What no scope covers."""

_WORDS = {
    Groups.WRITES: "writes of entries that KVM is told of",
    Groups.POKES: "writes behind its back",
    Groups.LARGE: "huge pages and fetches",
    Groups.READ_ONLY: "read-only pages",
    Groups.FLUSHES: "invlpg, flush and unload",
    Groups.HOST: "unmap",
    Groups.RECLAIM: "reclaim",
    Groups.SLOTS: "a memslot that goes and comes, zap-all",
}


def words(scope: Scope) -> str:
    """Return a scope in words."""
    what = ["accesses", *(text for group, text in _WORDS.items() if group in scope.groups)]
    return (
        f"1 VM with 1 vCPU, {number(scope.pdes, 'PDE')} with {number(scope.ptes, 'PTE')} each, "
        f"{number(scope.targets, 'frame')}; {', '.join(what)}; the end of the VM"
    )
