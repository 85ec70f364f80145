# SPDX-License-Identifier: GPL-2.0-only
"""A stand-alone C program for a schedule: POSIX threads that are held at its switches.

It contains the target's source with its walkers, csrc/repro/threads_turns.c in place
of the shim's calls, and the schedule as a table.  A thread can only be held at the calls
that marked accesses, locks and frees are; a switch before a plain access is
made at the nearest call with no access to shared memory between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyfuzz.errors import UsageError
from pyfuzz.export import c_text, seam
from pyfuzz.export.flatten import flatten
from pyfuzz.kinds import Kind
from pyfuzz.worlds.threads.operation import Operation, Sequence, Switch, What, sequence_of

if TYPE_CHECKING:
    from pyfuzz.replay.entry import Access
    from pyfuzz.replay.replays import Replay
    from pyfuzz.symptom import Symptom

# What finds each kind: flags for the compiler.  The others the program checks itself.
_SANITIZERS = {
    Kind.USE_AFTER_FREE: "-fsanitize=address",
    Kind.DATA_RACE: "-fsanitize=thread",
    Kind.DOUBLE_FREE: "-fsanitize=address",
}
_CHECKED = (
    Kind.HOST_BUG,
    Kind.HOST_FAULT,
    Kind.HANG,
    Kind.LOCK_RULE,
    Kind.WARNING,
    Kind.LOST_ENTRY,
    Kind.GHOST_ENTRY,
    Kind.COUNT_CONTRACT,
    Kind.ITERATOR,
    Kind.STALE_SPTE,
)
# The compiler calls the program before each access, which then checks the rules of locks.
_HOOKS = {Kind.LOCK_RULE: "-fsanitize=thread"}
_DEFINE = "PYFUZZ_THREADS=1"
_END = "END"
_CALLS = {
    What.ADD: "op_add()",
    What.ZAP_ONE: "op_zap_one({entry}, false)",
    What.ZAP_ALL: "op_zap_all(false)",
    What.DROP: "op_zap_one({entry}, true)",
    What.FREE_ALL: "op_zap_all(true)",
    What.COUNT: "op_count()",
    What.ITERATE: "op_iterate()",
    What.AGE: "walker_age(false)",
    What.TEST_AGE: "walker_age(true)",
    What.ACCESS: "op_hardware({entry}, PYFUZZ_SPTE_ACCESSED)",
    What.DIRTY: "op_hardware({entry}, PYFUZZ_SPTE_ACCESSED | PYFUZZ_SPTE_DIRTY)",
}


@dataclass(frozen=True, slots=True)
class Hold:
    """A switch as the program makes it: before or behind a call of a thread, by its number.

    ``call`` is None for the thread's end.  Not ``exact``: plain accesses to shared memory
    are between the two, where a thread cannot be held.
    """

    fiber: int
    call: int | None
    behind: bool
    next: int
    exact: bool = True

    def __str__(self) -> str:
        call = _END if self.call is None else str(self.call)
        return f"{{ {self.fiber}, {call}, {str(self.behind).lower()}, {self.next} }}"


def holds(sequence: Sequence, accesses: list[Access]) -> list[Hold]:
    """Return where the program holds its threads for the switches of a schedule."""
    return [
        _hold(switch, [a for a in accesses if a.fiber == switch.fiber and a.number])
        for switch in sequence.switches
    ]


def _hold(switch: Switch, own: list[Access]) -> Hold:
    before = [access for access in own if access.number < switch.at]
    calls = sum(access.call for access in before)
    if switch.at == 0:
        return Hold(switch.fiber, 0, behind=False, next=switch.next)
    at = next((access for access in own if access.number >= switch.at), None)
    if at is None:
        return Hold(switch.fiber, None, behind=False, next=switch.next)
    if at.number == switch.at and at.call:
        return Hold(switch.fiber, calls + 1, behind=False, next=switch.next)
    if not any(not access.private for access in _since_call(before)):
        return Hold(switch.fiber, calls, behind=calls > 0, next=switch.next)
    behind = [access for access in own if access.number >= switch.at]
    until = [access for access in behind if access.number < _next_call(behind)]
    exact = all(access.private for access in until)
    return Hold(switch.fiber, calls + 1, behind=False, next=switch.next, exact=exact)


def _next_call(behind: list[Access]) -> int:
    """The number of the next call."""
    return next((access.number for access in behind if access.call), behind[-1].number + 1)


def _since_call(before: list[Access]) -> list[Access]:
    """The accesses behind the last call."""
    last = max((place for place, access in enumerate(before) if access.call), default=-1)
    return before[last + 1 :]


def generate(done: Replay, symptom: Symptom, command: str, name: str) -> bytes:
    """Return the C file for a finding; ``name`` is its future name, for its messages.

    Errors: UsageError if neither a sanitizer nor the program could see the finding.
    """
    if symptom.kind not in (*_SANITIZERS, *_CHECKED):
        raise UsageError(
            f"{done.file.path}: {symptom.kind.value} is seen by pyfuzz alone, not by a C program "
            "with threads: show it with pyfuzz replay"
        )
    if sequence_of(done.file.operations).delays:
        raise UsageError(
            f"{done.file.path}: in its schedule stores wait in store buffers, which a C program "
            "with threads cannot make them do: show it with pyfuzz replay"
        )
    schedule = next((entry for entry in done.entries if entry.fibers), None)
    accesses = schedule.accesses if schedule is not None else []
    sequence = sequence_of(done.file.operations)
    target = replace(done.target, defines=(*done.target.defines, _DEFINE))
    lines, calls = seam.split(flatten(target))
    flags = _SANITIZERS.get(symptom.kind, "")
    about = c_text.About(
        symptom,
        done.target,
        done.file.operations,
        f"-g -pthread {flags}".strip(),
        command,
        _HOOKS.get(symptom.kind, ""),
    )
    own = [
        *c_text.comment(about, name),
        "",
        "#define _GNU_SOURCE",
        "#include <pthread.h>",
        "#include <sched.h>",
        f'#define PROPERTY "{symptom.kind.value}"',
        *(["#define WITH_HOOKS"] if symptom.kind in _HOOKS else []),
        *c_text.defines(done.target),
        "",
        *c_text.fragment("declarations"),
        '#pragma GCC diagnostic ignored "-Wattributes"',
        "",
        *c_text.title("The code under test, and what it needs from the kernel."),
    ]
    text = [*c_text.as_bytes(own), *c_text.target(lines)]
    behind = [
        "",
        *c_text.title("The threads, and the world around them."),
        *c_text.fragment("threads_turns"),
        "",
        *c_text.fragment("threads_hooks"),
        "",
        *c_text.fragment("threads_world"),
        "",
        *_functions(calls, sequence),
        "",
        *c_text.title("The schedule."),
        *_table(holds(sequence, accesses)),
        "",
        *_main(sequence, needs=flags),
    ]
    return c_text.whole(text, behind, done.target, name)


def _functions(calls: seam.Seam, sequence: Sequence) -> Iterator[str]:
    """Yield the target's functions under the names that csrc/repro/threads_world.c has for them."""

    def body(role: str, before: str = "", otherwise: str = "") -> list[str]:
        if role not in calls.calls:
            return ["{", *([f"\t{otherwise}"] if otherwise else []), "}", ""]
        call = calls.call(role, "0", sptep="sptep", head="head")
        return ["{", f"\t{before}{call};", "}", ""]

    yield "static long long list_add(u64 *sptep, struct kvm_rmap_head *head)"
    yield from body("ADD", "return (long long)")
    yield "static void list_zap_one(u64 *sptep, struct kvm_rmap_head *head)"
    yield from body("ZAP_ONE", "(void)")
    yield "static void list_zap_all(struct kvm_rmap_head *head)"
    yield from body("ZAP_ALL", "(void)")
    yield "static long long list_count(struct kvm_rmap_head *head)"
    yield from body("COUNT", "return (long long)", "return members_len();")
    yield "static unsigned int list_iterate(struct kvm_rmap_head *head)"
    yield from _iterate(calls)
    ages = "PYFUZZ_AGE"
    yield "static void walker_age(bool test_only)"
    yield from ["{", f"#ifdef {ages}", f"\t(void){ages}(0, 0, test_only);", "#endif", "}", ""]
    yield "static void walker_set_ad(bool on)"
    yield from ["{", f"#ifdef {ages}", "\tPYFUZZ_SET_AD(on);", "#endif", "}", ""]
    young = "PYFUZZ_YOUNG_AD" if sequence.ad else "PYFUZZ_YOUNG_NO_AD"
    yield from [f"#ifndef {young}", f"#define {young} 0", "#endif"]
    yield f"static const u64 fresh_spte = PRESENT | {young};"


def _iterate(calls: seam.Seam) -> Iterator[str]:
    if "ITER_FIRST" not in calls.calls:
        yield from ["{", "\t(void)head;", "\treturn members_len();", "}", ""]
        return
    first = calls.call("ITER_FIRST", "0", head="head", iter="&iter").replace("c.", "(&c)->")
    following = calls.call("ITER_NEXT", "0", head="head", iter="&iter").replace("c.", "(&c)->")
    yield from [
        "{",
        f"\t{calls.iterator} iter;",
        "\tunsigned int n = 0;",
        "\tu64 *sptep;",
        "",
        f"\tfor (sptep = {first}; sptep && n <= SPTES; sptep = {following})",
        "\t\tn++;",
        "\treturn n;",
        "}",
        "",
    ]


def _table(found: list[Hold]) -> Iterator[str]:
    if not all(one.exact for one in found):
        yield "/*"
        yield " * Between plain accesses a thread cannot be held: there it is at the next call."
        yield " */"
    # One more, since C has no empty array.
    rows = [*map(str, found), "{ -1, 0, false, 0 }"]
    yield "/* thread, its call, before or behind it, who goes on */"
    yield "static const struct hold holds[] = {"
    yield from (f"\t{row}," for row in rows)
    yield "};"
    yield f"static const unsigned int holds_len = {len(found)};"


def _main(sequence: Sequence, needs: str) -> Iterator[str]:
    names = []
    for number, operations in enumerate(sequence.fibers):
        names.append(f"thread_{number}")
        yield f"static void *thread_{number}(void *unused)"
        yield from ["{", "\t(void)unused;", f"\tstart_thread({number});"]
        for operation in operations:
            yield from _operation(operation)
        yield from ["\tend_thread();", "\treturn NULL;", "}", ""]
    yield from ["int main(void)", "{"]
    yield f"\tstatic void *(*const bodies[])(void *) = {{ {', '.join(names)} }};"
    yield ""
    if needs:
        macro = "WITH_ASAN" if "address" in needs else "__SANITIZE_THREAD__"
        yield from [
            f"#ifndef {macro}",
            '\tputs("A sanitizer sees this: build with the flags at the top of the file.");',
            "\treturn 2;",
            "#endif",
        ]
    yield f"\tset_up({sequence.entries}, {str(sequence.ad).lower()});"
    yield f"\tfibers_len = {len(names)};"
    yield from ["\trun(bodies);", '\toperation = "the end";']
    yield from ["\tcheck_list();", "\tcheck_sptes();"]
    yield from ['\tputs("\\nNothing failed (" PROPERTY ").");', "\treturn 0;", "}"]


def _operation(operation: Operation) -> Iterator[str]:
    yield f'\tbegin("{operation}");'
    yield f"\t{_CALLS[operation.what].format(entry=operation.entry)};"
    yield "\tend();"
