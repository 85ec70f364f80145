# SPDX-License-Identifier: GPL-2.0-only
"""The targets that come with pyfuzz, and what is known to be wrong with each."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import _paths
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind


@dataclass(frozen=True, slots=True)
class Known:
    """A finding that is declared: reported and counted, never failed on."""

    kind: Kind
    function: str
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """One C translation unit under test; an extracted kernel is one as well.

    ``defines`` are ``NAME=VALUE`` texts for the compiler.  ``builds`` is False
    where not compiling is what the target is there to show.
    """

    name: str
    generation: str
    policy: str
    source: Path
    defines: tuple[str, ...] = ()
    known: tuple[Known, ...] = ()
    builds: bool = True
    note: str = ""

    @property
    def extracted(self) -> bool:
        """Whether the source was cut out of a kernel of the user's."""
        return self.generation == EXTRACTED

    def known_reason(self, kind: Kind, function: str) -> str | None:
        """Return why this finding is a known one, None if it is not."""
        for known in self.known:
            if known.kind is kind and known.function == function:
                return known.reason
        return None


EXTRACTED = "extracted"
DEFAULT = "rfc-v4"

COUNT_CONTRACT = Known(
    Kind.COUNT_CONTRACT,
    "pte_list_add",
    "up to 6.3, add returns the entries up to the first descriptor with room, "
    "not those of the whole list",
)
RECYCLE = Known(
    Kind.COUNT_CONTRACT,
    "rmap_add",
    "it goes by the number that add returns, which up to 6.3 is too low: the list is not "
    "zapped at 1000 entries",
)
APPENDS = (COUNT_CONTRACT, RECYCLE)
"""Declared for every target that appends: the kernels of that time all do it."""

_APPEND = "6.1, append"
_HEAD = "6.6, head descriptor"


def _port(
    name: str,
    generation: str,
    policy: str,
    *,
    file: str | None = None,
    defines: tuple[str, ...] = (),
    known: tuple[Known, ...] = (),
    builds: bool = True,
    note: str = "",
) -> Target:
    source = _paths.csrc() / "ports" / f"{file or name}.c"
    return Target(name, generation, policy, source, defines, known, builds, note)


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _port(
            "bug",
            _APPEND,
            "BUG()",
            known=APPENDS,
            note="before the series: the host dies in each of the three places",
        ),
        _port(
            "rfc-v1",
            _APPEND,
            "KVM_BUG() without arguments",
            builds=False,
            note="does not compile: KVM_BUG() takes a condition, a VM and a format",
        ),
        _port(
            "rfc-v2",
            _APPEND,
            "bugs the running vCPU's VM, no return",
            known=APPENDS,
            note="NULL in a kworker, the wrong VM, an entry lost, a log line per error",
        ),
        _port(
            "rfc-v3",
            _APPEND,
            "bugs the plumbed VM, no return",
            known=APPENDS,
            note="an entry lost, a log line per error",
        ),
        _port(
            "rfc-v4",
            _APPEND,
            "bugs the VM with a message, returns",
            known=APPENDS,
            note="the series as last posted",
        ),
        _port(
            "v5.10",
            "5.10, three entries, NULL-terminated",
            "BUG()",
            known=APPENDS,
            note="the oldest generation",
        ),
        _port(
            "v6.6",
            _HEAD,
            "KVM_BUG_ON_DATA_CORRUPTION, config off",
            note="the series as merged",
        ),
        _port(
            "v6.6-corruption-bug",
            _HEAD,
            "KVM_BUG_ON_DATA_CORRUPTION, config on",
            file="v6.6",
            defines=("CONFIG_BUG_ON_DATA_CORRUPTION=1",),
            note="as merged, CONFIG_BUG_ON_DATA_CORRUPTION=y: the host dies again",
        ),
        _port(
            "v6.15",
            "6.15, locked heads",
            "KVM_BUG_ON_DATA_CORRUPTION, config off",
            note="as merged, atomic heads with a lock bit",
        ),
    )
}


def get(name: str) -> Target:
    """Return the target of this name.

    Errors: UsageError with the nearest names.
    """
    try:
        return TARGETS[name]
    except KeyError:
        near = difflib.get_close_matches(name, TARGETS, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(TARGETS)}"
        raise UsageError(
            f"there is no target '{name}': {hint} (pyfuzz targets lists them; a kernel of your "
            "own is fuzzed with --kernel PATH)"
        ) from None
