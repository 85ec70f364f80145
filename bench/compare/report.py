# SPDX-License-Identifier: GPL-2.0-only
"""A comparison as a page in Markdown: docs/compare.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.compare.peers import Peer
from bench.compare.statistics import Table
from bench.compare.throughput import Rate, SameInputs

_OURS = "pyfuzz"
_NATIVE = "libFuzzer"
_GENERATOR = "libFuzzer with our generator"
_SLOW_S = 2.0
_SAME = (
    "On identical inputs ({times} times {runs:,} runs, each with another seed, the shortest of "
    "three times; both {did} the same operations and steps), without start-up: pyfuzz has "
    "{share:.3f} of the executions per second of native libFuzzer with the same generator "
    "({least:.3f} to {most:.3f})."
)
_OWN_CHOICE = (
    "Each with its own inputs, from the same corpus if it takes one; per second of processor "
    "time, median of the rounds:"
)
# Targets whose rows are all printed: the worlds above and around the lists.
_WHAT = {
    "pages": "Real bugs of the world pages",
    "threads": "Mistakes that need a second thread",
}
_HEADER = (
    "| peer | always found | in some trials | never | restricted mean | without start-up "
    "| pyfuzz's time / its time | without start-up | pyfuzz is faster |"
)
_ONE_BY_ONE = (
    "Mutants that a peer missed or took over {slow_s:g} s for "
    "(trials that found it, restricted mean without start-up):"
)


@dataclass(frozen=True, slots=True)
class Speed:
    """The results on the clean target: rates by peer, and the runs on identical inputs."""

    target: str
    rates: Mapping[str, Rate]
    same: Sequence[SameInputs]
    runs: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All results."""

    command: str
    machine: str
    peers: Sequence[Peer]
    missing: Mapping[str, str]
    start_s: Mapping[str, float]
    budget_s: float
    seeds: Sequence[int]
    slow_seeds: Sequence[int]
    speed: Speed | None
    tables: Mapping[str, Table]


def as_markdown(c: Comparison) -> str:
    """Return the generated part of the page."""
    lines = [f"`{c.command}`: {c.machine}.", "", *_peers(c), ""]
    if c.speed is not None:
        lines += [*_speed(c.speed), ""]
    for target, table in c.tables.items():
        lines += [*_target(c, target, table), ""]
    lines += ["## The aims", "", *aims(c)]
    return "\n".join(lines) + "\n"


def _peers(c: Comparison) -> list[str]:
    lines = ["| peer | what it is | start-up, processor s |", "|---|---|---:|"]
    lines += [f"| {p.name} | {p.what} | {c.start_s.get(p.name, 0.0):.2f} |" for p in c.peers]
    return lines + [f"\nLeft out: {name}, {why}." for name, why in c.missing.items()]


def share(same: Sequence[SameInputs]) -> float:
    """Return pyfuzz's executions per second over native libFuzzer's: the median of the runs."""
    ratios = sorted(one.native_s / one.pyfuzz_s for one in same)
    return ratios[len(ratios) // 2]


def _speed(speed: Speed) -> list[str]:
    lines = [f"## Speed on the clean target (`{speed.target}`)", ""]
    if speed.same:
        least = min(one.native_s / one.pyfuzz_s for one in speed.same)
        most = max(one.native_s / one.pyfuzz_s for one in speed.same)
        exact = all(one.same for one in speed.same)
        did = "did" if exact else "DID NOT RUN"
        lines += [
            _SAME.format(
                times=len(speed.same),
                runs=speed.runs,
                did=did,
                share=share(speed.same),
                least=least,
                most=most,
            ),
            "",
        ]
    lines += [
        _OWN_CHOICE,
        "",
        "| peer | executions/s | operations/s | steps/s |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {rate.executions:,.0f} | {rate.operations:,.0f} | {rate.steps:,.0f} |"
        for name, rate in speed.rates.items()
    ]
    return lines


def _target(c: Comparison, target: str, table: Table) -> list[str]:
    fast = [p.name for p in c.peers if not p.slow]
    everything = table.tried_by(_OURS)
    slow = [p.name for p in c.peers if p.slow and table.tried_by(p.name)]
    some = [mutant for mutant in everything if all(table.trials(mutant, name) for name in slow)]
    all_alike = len(some) == len(everything) and (not slow or c.slow_seeds == c.seeds)
    tried = f"{_trials(table, everything)} each, of the seeds {_list(c.seeds)}"
    lines = [
        f"## {_WHAT.get(target, f'Mutants of {target}')}",
        "",
        f"{len(everything)} that are not equivalent, {tried}:",
        "",
        *_summary(table, [*fast, *slow] if all_alike else fast, everything),
    ]
    if not all_alike:
        lines += [
            "",
            f"The same {len(some)} mutants for every peer (a random sample, and all that pyfuzz "
            f"missed in any trial), the slow peers with seeds {_list(c.slow_seeds)}:"
            if len(some) < len(everything)
            else f"All of them for every peer, the slow ones with seeds {_list(c.slow_seeds)}:",
            "",
            *_summary(table, [*fast, *slow], some),
        ]
    names = [*fast, *slow]
    if target in _WHAT:
        cells = ["One by one (trials that found it, restricted mean without start-up):"]
        cells += ["", *_rows(table, names, everything)]
    else:
        cells = _cells(table, names)
    return [*lines, "", *cells]


def _trials(table: Table, mutants: Sequence[str]) -> str:
    """Return how often each was tried: runs that are put together may have other seeds."""
    numbers = sorted({len(table.trials(mutant, _OURS)) for mutant in mutants})
    return f"{' or '.join(map(str, numbers))} trials"


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _summary(table: Table, names: Sequence[str], mutants: Sequence[str]) -> list[str]:
    lines = [
        _HEADER,
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in names:
        found = [(table.found(f, name), len(table.trials(f, name))) for f in mutants]
        always = sum(some == all_ for some, all_ in found)
        never = sum(not some for some, _ in found)
        means = (table.restricted_mean_s(name, mutants, net=net) for net in (False, True))
        row = [name, always, len(found) - always - never, never]
        row += [f"{mean:.3f} s" for mean in means]
        if name != _OURS:
            row += [table.ratio(_OURS, name, mutants, net=net) for net in (False, True)]
            row.append(f"{table.faster(_OURS, name, mutants, net=True):.2f}")
        else:
            row += ["", "", ""]
        lines.append("| " + " | ".join(map(str, row)) + " |")
    return lines


def _cells(table: Table, names: Sequence[str]) -> list[str]:
    """The mutants on which peers differ considerably."""
    shown = [mutant for mutant in table.mutants if _tells_apart(table, mutant, names)]
    if not shown:
        return []
    return [_ONE_BY_ONE.format(slow_s=_SLOW_S), "", *_rows(table, names, shown)]


def _rows(table: Table, names: Sequence[str], shown: Sequence[str]) -> list[str]:
    lines = ["| mutant | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for mutant in shown:
        row = [_cell(table, mutant, name) for name in names]
        lines.append(f"| {mutant} | " + " | ".join(row) + " |")
    return lines


def _tells_apart(table: Table, mutant: str, names: Sequence[str]) -> bool:
    return any(
        one.kind is None or one.processor_s - table.start_s.get(name, 0.0) > _SLOW_S
        for name in names
        for one in table.trials(mutant, name)
    )


def _cell(table: Table, mutant: str, name: str) -> str:
    trials = table.trials(mutant, name)
    if not trials:
        return ""
    found = table.found(mutant, name)
    if not found:
        return f"0/{len(trials)}"
    return f"{found}/{len(trials)}, {table.mean_s(mutant, name, net=True):.2f} s"


def aims(c: Comparison) -> list[str]:
    """Return, with figures, whether each aim is met."""
    lines = ["| aim | measured | met |", "|---|---|---|"]
    if c.speed is not None and c.speed.same:
        ratio = share(c.speed.same)
        lines.append(
            _aim(
                "0.9 of native libFuzzer's executions/s, same inputs", f"{ratio:.3f}", ratio >= 0.9
            )
        )
    held = [peer.name for peer in c.peers if peer.name != _OURS]
    for target, table in c.tables.items():
        theirs = {mutant: name for name in held for mutant in table.only_theirs(_OURS, name)}
        found = sum(bool(table.found(mutant, _OURS)) for mutant in table.tried_by(_OURS))
        text = f"{found} of {len(table.tried_by(_OURS))} found in some trial"
        if theirs:
            text += "; missed and found by another: "
            text += ", ".join(f"{mutant} ({name})" for mutant, name in theirs.items())
        lines.append(_aim(f"{target}: all mutants that any peer finds", text, not theirs))
        both = table.tried_by(_NATIVE)
        if not both:
            continue
        for net, words in ((True, "without start-up"), (False, "with it")):
            half = table.ratio(_OURS, _NATIVE, both, net=net)
            what = f"{target}: half of native libFuzzer's processor time, {words}"
            lines.append(_aim(what, str(half), half.value <= 0.5))
        if table.tried_by(_GENERATOR):
            half = table.ratio(_GENERATOR, _NATIVE, both, net=False)
            what = f"{target}: the same of pyfuzz's generator without Python, with start-up"
            lines.append(_aim(what, str(half), half.value <= 0.5))
    return lines


def _aim(what: str, measured: str, met: bool) -> str:
    return f"| {what} | {measured} | {'yes' if met else '**no**'} |"
