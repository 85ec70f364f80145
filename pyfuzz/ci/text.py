# SPDX-License-Identifier: GPL-2.0-only
"""The result for people, at most 80 columns wide but for paths and commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pyfuzz.ci.result import Result, State, state_of
from pyfuzz.exhaust.verdict import in_short
from pyfuzz.export.subject import Item, Replayed
from pyfuzz.finding.words import operation_lines
from pyfuzz.text import times, wrapped

_SHOWN_PLACES = 3
_CALLED = {State.NEW: "NEW", State.BASE: "on the base", State.KNOWN: "known"}


def lines(result: Result) -> list[str]:
    """Return the summary: what fails first, then what does not, then what is fixed."""
    told = ["", *_head(result)]
    for note in result.notes:
        told += wrapped(f"note: {note}", "  ")
    if not result.compared:
        told += wrapped(
            "note: the findings were not compared with the base, so those on it count as new", "  "
        )
    for alike in _alike(result.regressions):
        told += ["", *_wrong(alike)]
    in_order = [item for state in State for item in result.of(state)]
    for number, item in enumerate(in_order, 1):
        told += ["", *_finding(number, item, in_order)]
    told += _fixed(result)
    early = " (ended early)" if result.trouble or result.interrupted else ""
    return [*told, "", *wrapped(f"verdict: {_verdict(result)}{early}", "")]


def _head(result: Result) -> Iterable[str]:
    options, progress = result.options, result.progress
    target = options.target
    yield f"{target.name} ({options.kernel or f'{target.generation}; {target.policy}'})"
    if result.base is not None:
        yield f"  base         {result.base.described}"
    yield f"  regressions  {_regressions(result)}"
    if result.exhaust is not None:
        yield f"  all states   {in_short(result.exhaust)}"
    if progress is None:
        yield "  fuzzing      none: the campaign did not start"
    else:
        fuzzed = f"{progress.seconds:.1f} s, {progress.counts.executions:,} executions"
        yield f"  fuzzing      {options.flavour}, seed {options.seed}, {fuzzed}"
    yield f"  time         {result.seconds:.1f} s in all"
    yield f"  run folder   {options.out}"
    for name, path in result.written.items():
        yield f"  {name:<12} {path}"


def _regressions(result: Result) -> str:
    every = result.regressions
    failed = len(result.failed)
    unchanged = sum(bool(one.problems) for one in every) - failed
    parts = [f"{len(every)} replayed"]
    if unchanged:
        parts.append(f"{unchanged} not as expected, but as on the base")
    if failed:
        parts.append(f"{failed} FAILED")
    elif every and not unchanged:
        parts.append("all as expected")
    return ", ".join(parts)


def _alike(regressions: Iterable[Replayed]) -> list[list[Replayed]]:
    """Group regressions that have the same problem, those that fail first."""
    found: dict[tuple[object, ...], list[Replayed]] = {}
    for one in sorted(regressions, key=lambda one: not one.fails):
        if one.problems:
            titles = (*one.missing, *(item.title for item in one.items))
            found.setdefault((one.fails, titles), []).append(one)
    return list(found.values())


def _wrong(alike: list[Replayed]) -> Iterable[str]:
    first, count = alike[0], len(alike)
    what = "regression" if count == 1 else f"{count} regressions"
    shown = ", ".join(one.name for one in alike[:_SHOWN_PLACES])
    more = f" and {count - _SHOWN_PLACES} more" if count > _SHOWN_PLACES else ""
    state = "FAILED" if first.fails else "as on the base"
    yield from wrapped(f"{what} {state}: {shown}{more}", "")
    for problem in first.problems:
        yield from wrapped(problem, "   ")
    if first.base is not None:
        yield from wrapped(f"on the base: {first.base}", "   ")
    yield f"   {first.command}"


def _finding(number: int, item: Item, among: list[Item]) -> Iterable[str]:
    yield f"{number}. {_CALLED[state_of(item)]}: {item.title_among(among)}, {times(item.count)}"
    yield from wrapped(item.message, "   ")
    if item.known is not None:
        yield from wrapped(f"known: {item.known}", "   ")
    elif item.base is not None:
        yield from wrapped(f"on the base: {item.base}", "   ")
    if item.expired is not None:
        yield from wrapped(item.expired.lapsed, "   ")
    yield from operation_lines(item.operations)
    if item.command:
        yield f"   {item.command}"


def _fixed(result: Result) -> list[str]:
    """Say what is gone: a line for each kind and function, with what showed it."""
    if not result.fixed:
        return []
    told = ["", "fixed (on the base, but no longer here):"]
    for title, count in Counter(one.title for one in result.fixed).items():
        places = [one.where for one in result.fixed if one.title == title]
        more = f" and {count - _SHOWN_PLACES} more" if count > _SHOWN_PLACES else ""
        told += wrapped(f"{title}: {', '.join(places[:_SHOWN_PLACES])}{more}", "   ")
    return told


def _verdict(result: Result) -> str:
    if result.progress is None:
        return "none: nothing was fuzzed"
    counts = [f"{len(result.of(State.NEW))} new"]
    if result.base is not None:
        counts.append(f"{len(result.of(State.BASE))} on the base")
    counts.append(f"{len(result.of(State.KNOWN))} known")
    if result.base is not None:
        counts.append(f"{len({one.title for one in result.fixed})} fixed")
    failed = len(result.failed)
    regressions = f"; {failed} regression{'s' * (failed != 1)} failed" if failed else ""
    match result.verdict:
        case "finding":
            return f"finding: {', '.join(counts)}{regressions}"
        case "known":
            return f"known: nothing new ({', '.join(counts[1:])})"
        case _:
            fixed = f" ({counts[-1]})" if result.fixed else ""
            return f"clean: nothing found{fixed}"
