# SPDX-License-Identifier: GPL-2.0-only
"""Describes the outcome of the faults in a sequence."""

from __future__ import annotations

from collections.abc import Iterator

from pyfuzz.module.results import Containment, Evidence, Outcome

MEANING = {
    Outcome.NO_FAULT: "no fault could be planted",
    Outcome.DETECTED: "the VM is bugged, and no other VM is harmed",
    Outcome.SILENT: "nothing noticed it, and no other VM is harmed",
    Outcome.MEMORY: "a sanitizer reported an invalid access",
    Outcome.SPREAD: "something other than the VM with the fault is harmed",
    Outcome.HOST_DEATH: "the host is dead",
}


def lines(result: Containment) -> Iterator[str]:
    """Yield what a kernel developer wants to know, one fact per line, the outcome first."""
    yield f"{result.outcome.value}: {MEANING[result.outcome]}"
    if result.evidence is not None:
        yield f"because of {evidence_text(result.evidence)}"
    if result.report is not None and (
        result.evidence is None or result.evidence.message != result.report
    ):
        yield f"reported before: {result.report}"
    yield "the VM with the fault " + _vm_text(result)
    if result.mistakes:
        yield f"errors that the sequence itself makes: {result.mistakes}, which do not count"


def evidence_text(evidence: Evidence) -> str:
    """Return where and what: ``host-bug in rmap_yield, line 23, operation 4: BUG_ON …``."""
    return f"{evidence.symptom.place}, operation {evidence.operation}: {evidence.message}"


def flag_text(result: Containment) -> str:
    """Return when the VM was bugged: ``at once``, ``after 3 of its steps``, ``never``."""
    if result.steps_to_flag is None:
        return "never"
    if not result.steps_to_flag:
        return "at once"
    return f"after {result.steps_to_flag} of its steps"


def stale_text(stale: int) -> str:
    """Return what SPTEs that outlived a zap of their list mean."""
    return (
        f"{stale} SPTE{'s' * (stale != 1)} stayed present after a zap of the whole list, so that a "
        "guest would reach pages that the host took back"
    )


def _vm_text(result: Containment) -> str:
    bugged = "was never bugged" if not result.bugged else f"was bugged {flag_text(result)}"
    if result.wrong_vm:
        bugged += " (another VM was bugged for it)"
    if not result.destroyed:
        # Where the host died there is nothing more to ask.
        return bugged + ("" if result.outcome is Outcome.HOST_DEATH else ", could not be destroyed")
    left = "its lists are empty" if result.emptied else "its lists are not empty"
    leaked = f"{result.leaked} of its descriptors leaked" if result.leaked else "nothing leaked"
    if result.stale:
        leaked += f", {stale_text(result.stale)}"
    others = "work" if result.innocents_work else "do not work"
    return f"{bugged}; it was destroyed, {left}, {leaked}; the other VMs {others}"
