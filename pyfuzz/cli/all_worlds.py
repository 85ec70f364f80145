# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fuzz`` in every world that a target has."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from pyfuzz import records
from pyfuzz import world as worlds
from pyfuzz.campaign import status, summary_of_worlds
from pyfuzz.campaign.status import Status
from pyfuzz.campaign.turn import WAITING, Told
from pyfuzz.cli.turns import ENDED, Plan, Turns
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.run import summary
from pyfuzz.run import worlds as run_worlds
from pyfuzz.run.summary import Summary
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

_LOCKLESS = (b"PYFUZZ_AGE(", b"PORT_HAS_WALKERS")
_PAGE = "report.html"
# Nothing new in a log: a turn is over, or has just begun.
_QUIET = (WAITING, "starting", ENDED)
_NO_WALKERS = "it has no walkers without mmu_lock, which come with 6.15"


def has_walkers(source: Path) -> bool:
    """Tell whether a target's source has lockless walkers, the world threads' subject."""
    text = source.read_bytes()
    return any(mark in text for mark in _LOCKLESS)


def of_target(target: Target, kernel: Kernel | None) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the worlds that a target has, and why a kernel lacks the others.

    Only what can be told at once: whether its MMU compiles turns out when it is compiled.
    """
    has, lacks = [], {}
    for name in worlds.NUMBERS:
        own = worlds.get(name)
        if kernel is None and target.world not in (name, own.targets_of):
            continue
        why = "" if name == target.world else _lacking(name, target, kernel)
        if not why:
            has.append(name)
        elif kernel is not None:
            lacks[name] = why
    return tuple(has), lacks


def _lacking(name: str, target: Target, kernel: Kernel | None) -> str:
    if worlds.get(name).schedules:
        return "" if has_walkers(target.source) else _NO_WALKERS
    assert kernel is not None
    from pyfuzz.extract.pages import tree  # noqa: PLC0415 (brings the C parser)

    return tree.why_not(replace(kernel, world=name))


def fuzz(
    plan: Plan,
    target: Target,
    kernel: Kernel | None,
    not_run: dict[str, str],
    *,
    as_json: bool,
    with_page: bool,
) -> int:
    """Run a campaign in several worlds; return the exit code."""
    run_worlds.claim(plan.out, target.name, plan.worlds)
    with Status(sys.stderr) as shown:
        turns = Turns(plan, lambda told: _show(shown, target.name, told))
        outcomes = turns.run()
    found = summary_of_worlds.total(
        outcomes,
        not_run,
        target=target.name,
        source=str(kernel or target.source),
        seed=plan.seed,
        workers=plan.workers or 0,
        at_once=plan.at_once,
        out=plan.out,
        report=plan.out / _PAGE if with_page and not turns.interrupted else None,
        interrupted=turns.interrupted,
    )
    trouble = found.error or _store(found)
    text = summary_of_worlds.as_text(found, outcomes)
    print(text, file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(records.plain(found), indent=2))
    sys.stdout.flush()
    if turns.interrupted:
        return 130
    if not found.worlds:
        first = outcomes[0]
        raise UsageError(f"no world of {target.name} could be fuzzed: {first.error}")
    if trouble is not None:
        raise UsageError(trouble)
    return int(found.verdict == "finding")


def _store(found: Summary) -> str | None:
    """Write summary.json and the page; return what went wrong."""
    path = Path(found.out) / summary.FILE
    text = json.dumps(records.plain(found), indent=2)
    try:
        write_beside(path, text.encode() + b"\n")
        if found.report is not None:
            _write_page(found, Path(found.report))
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    except UsageError as error:
        return str(error)
    return None


def _write_page(found: Summary, path: Path) -> None:
    from pyfuzz.report.worlds import write_index  # noqa: PLC0415 (brings the template engine)

    links = {name: Path(one.report) for name, one in found.by_world.items() if one.report}
    write_index(path, found, links)


def _show(shown: Status, target: str, told: dict[str, Told]) -> None:
    if shown.live(lambda: [target, *(f"  {status.told_line(*one)}" for one in told.items())]):
        return
    for name, one in told.items():
        if one.phase not in _QUIET:
            shown.plain(name, one.phase, partial(status.told_line, f"{target} {name}", one))
