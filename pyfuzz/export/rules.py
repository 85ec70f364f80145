# SPDX-License-Identifier: GPL-2.0-only
"""Each kind of finding in words: what is broken, and what that means for a host."""

from __future__ import annotations

from dataclasses import dataclass

from pyfuzz.kinds import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """The property that a kind of finding breaks, and why it matters."""

    property: str
    help: str


RULES: dict[Kind, Rule] = {
    Kind.HOST_BUG: Rule(
        "No operation reaches BUG().",
        "BUG() ends the host and every VM on it.  An error in one VM's reverse maps should bug "
        "that VM and return.",
    ),
    Kind.HOST_FAULT: Rule(
        "No operation reads or writes memory that is not its own.",
        "A NULL or wild access is an oops of the host; one that a sanitizer reports is silent "
        "corruption of the host's memory.",
    ),
    Kind.HANG: Rule(
        "Every operation ends.",
        "An operation that does not end holds mmu_lock: the host's CPU is lost, and soon others.",
    ),
    Kind.UNFLAGGED_ERROR: Rule(
        "An operation on an entry that is not there bugs the VM.",
        "An error that is not flagged is corruption that nobody hears of until it does harm.",
    ),
    Kind.FALSE_ALARM: Rule(
        "A correct operation bugs no VM.",
        "A VM that did nothing wrong would be killed.",
    ),
    Kind.WRONG_VM: Rule(
        "An operation bugs and changes no other VM than its own.",
        "An innocent VM would be killed or corrupted for another one's error.",
    ),
    Kind.LOST_ENTRY: Rule(
        "What was added to a list and not removed is in it.",
        "An SPTE that is in no list is not found when its page is taken away: the guest goes on "
        "using memory that belongs to somebody else.",
    ),
    Kind.GHOST_ENTRY: Rule(
        "What is not in a list by right is not in it.",
        "An entry that should not be there leads to an SPTE that is something else by now.",
    ),
    Kind.COUNT_CONTRACT: Rule(
        "Add and count return the number of entries, and lists are recycled by it.",
        "Add must return how many entries there were before the new one.  Callers go by it: a "
        "list is zapped when it has grown over 1000 entries.",
    ),
    Kind.ITERATOR: Rule(
        "First and next yield each entry once.",
        "Walkers that miss an entry leave it unprotected or mapped; one that they meet twice is "
        "used after it is gone.",
    ),
    Kind.SHAPE: Rule(
        "Descriptors keep their own rules.",
        "No empty descriptor is linked, counts are in range and right, there is no NULL among "
        "the entries and no cycle.  Code relies on each of these without a check.",
    ),
    Kind.LEAK: Rule(
        "Every descriptor is in a list, in a cache or freed.",
        "Memory of the host is lost, by a guest that can repeat it as often as it likes.",
    ),
    Kind.DOUBLE_FREE: Rule(
        "A descriptor is freed once.",
        "Freed twice, it is handed out twice: to two lists, perhaps of two VMs.",
    ),
    Kind.TEARDOWN: Rule(
        "Every VM, bugged or not, can be destroyed cleanly.",
        "A bugged VM is still torn down by the host: its lists must be emptied.",
    ),
    Kind.LOG_FLOOD: Rule(
        "Log lines do not grow with the number of errors.",
        "The tear-down of a bugged VM can repeat an error thousands of times: the log would "
        "drown everything else, and a console would stall.",
    ),
    Kind.REQUEST: Rule(
        "The VM-dead request reaches exactly that VM's vCPUs, once.",
        "A vCPU that does not see it goes on in the guest; another VM's that sees it is stopped "
        "for nothing.",
    ),
    Kind.STALE_SPTE: Rule(
        "An SPTE that is zapped is cleared, one in a list is present.",
        "An SPTE that is still present after its entry is gone maps a page that nobody can take "
        "away any more.",
    ),
    Kind.USE_AFTER_FREE: Rule(
        "What is freed is not touched any more.",
        "A descriptor or a shadow page that was freed is somebody else's: what is read there is "
        "theirs, what is written there corrupts it.",
    ),
    Kind.DATA_RACE: Rule(
        "Two accesses to a word, of which one is plain and one a write, have an order.",
        "The compiler may split, repeat or move a plain access, and the processor may show "
        "writes in another order: another thread sees what was never there.",
    ),
    Kind.LOCK_RULE: Rule(
        "A list is touched under the lock that protects it, and the lock is given back.",
        "Without its lock a list changes under who walks it; a lock that is kept stops the host's "
        "CPUs one by one.",
    ),
    Kind.WARNING: Rule(
        "No WARN fires in an operation that is correct.",
        "A warning without a cause fills the log, and with panic_on_warn ends the host.",
    ),
    Kind.ORPHAN_ENTRY: Rule(
        "Each entry of a list is a present SPTE of a live shadow page of its VM.",
        "An entry whose SPTE is gone stays when the page is freed: ageing, unmapping and "
        "tear-down then write to memory that is somebody else's.",
    ),
    Kind.MISSING_ENTRY: Rule(
        "Each present SPTE has its entry.",
        "Nobody can find it: the guest keeps access to a frame that the host has taken away.",
    ),
    Kind.WRONG_GFN: Rule(
        "An entry is in the head that tear-down will look in.",
        "The entry survives its SPTE and then its page, and the removal of another one is an error "
        "that bugs the VM or kills the host.",
    ),
}
