# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz exhaust``: every state of a scope."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from pyfuzz import processes
from pyfuzz import world as worlds
from pyfuzz.cli import exhaust_schedules
from pyfuzz.cli.cluster import cluster_option, on_cluster, say_note
from pyfuzz.cli.options import (
    declared,
    duration,
    json_or_ktap,
    kernel_options,
    known_option,
    target_and_facts,
)
from pyfuzz.errors import UsageError
from pyfuzz.exhaust import record
from pyfuzz.exhaust.scope import NAMES, PAGES_NAMES
from pyfuzz.exhaust.search import Search, Searcher, search_scopes
from pyfuzz.exhaust.verdict import Verdict, as_object, as_text
from pyfuzz.export import ktap, ktap_searches
from pyfuzz.finding.artifact import write_artifact
from pyfuzz.run import findings as store
from pyfuzz.run import folder as run_folder
from pyfuzz.run import provenance, stats
from pyfuzz.run.options import Options
from pyfuzz.sequence.input import Encoding
from pyfuzz.target.kernel import Kernel

_SAY_S = 10.0
_DEFAULT_S = 60.0
_WORLDS = ("lists", "pages", "threads")
_BOUNDS = {
    "vms": (1, 4, "Number of VMs."),
    "frames": (0, 16, "Guest frames per VM, each with a list."),
    "parents": (0, 4, "Shadow pages per VM, each with a list of parents."),
    "entries": (1, 1500, "Limit on entries per list."),
    "descriptors": (1, 200, "Limit on descriptors per list."),
    "total": (1, 2000, "Limit on entries per VM."),
    "pdes": (1, 2, "World pages: entries of the page directory that the guest writes."),
    "ptes": (1, 2, "World pages: entries of each page table."),
    "targets": (1, 5, "World pages: frames that a page table entry can get."),
    "depth": (1, 100_000, "Limit on operations per sequence."),
}


def _bounds(command: Any) -> Any:
    for name, (low, high, help_text) in reversed(_BOUNDS.items()):
        option = click.option(f"--{name}", type=click.IntRange(low, high), help=help_text)
        command = option(command)
    return command


@click.command()
@click.argument("target", required=False)
@kernel_options("Kernel to search")
@click.option(
    "--world",
    type=click.Choice(_WORLDS),
    default="lists",
    help="World to search.  [default: lists]",
)
@click.option(
    "--scope",
    "names",
    multiple=True,
    metavar="NAME",
    help=f"Scope to search: {', '.join(NAMES)}; in the world pages {', '.join(PAGES_NAMES)}.  "
    "Repeatable.  [default: all]",
)
@_bounds
@click.option(
    "--switches",
    type=click.IntRange(0, 7),
    help="Limit on preemptions, in the world threads.  [default: 2]",
)
@click.option("--tso", is_flag=True, help="In the world threads: with x86's store buffers.")
@click.option("--errors/--no-errors", default=None, help="Also remove entries that are not there.")
@click.option("--caches", is_flag=True, help="Count the fill of the caches as part of a state.")
@click.option(
    "--renamed/--no-renamed", default=True, help="Treat states that differ only in names as one."
)
@click.option(
    "--audit-every",
    type=click.IntRange(0),
    metavar="N",
    help="Audit one state in N; 0 for none.  [default: 500; in the world threads 10]",
)
@click.option(
    "--time",
    "seconds",
    type=duration,
    help="Time limit for all scopes, with --cluster for each: 20s, 5m.  [default: 60s]",
)
@click.option(
    "--memory-limit",
    "memory_mb",
    type=click.IntRange(16),
    metavar="MIB",
    help="Memory limit for the states of a scope, in MiB; each process has its share.  "
    "[default: 2048; in the world pages 4096]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Processes that search a scope together.  [default: one per core; 1 with --cluster]",
)
@cluster_option("Search scopes, each on one machine,")
@known_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder for the result.  [default: none]"
)
@json_or_ktap
def exhaust(
    target: str | None,
    kernel: Kernel | None,
    world: str,
    names: tuple[str, ...],
    switches: int | None,
    tso: bool,
    errors: bool | None,
    caches: bool,
    renamed: bool,
    audit_every: int | None,
    seconds: float | None,
    memory_mb: int | None,
    workers: int | None,
    cluster: str | None,
    known_files: tuple[Path, ...],
    out: Path | None,
    as_json: bool,
    as_ktap: bool,
    **bounds: int | None,
) -> int:
    """Visit every state that TARGET, or your own kernel, can get into within a scope.

    The verdict of a complete search holds for every sequence within the scope, of
    any length; that of one cut short holds for every sequence up to a length.
    In the world threads it is every schedule of a writer and what runs beside it.

    Exit code 0: nothing new found; 1: a finding that is not known.
    """
    entries = declared(known_files)
    limit_s = _DEFAULT_S if seconds is None else seconds
    if worlds.get(world).schedules:
        given: dict[str, Any] = {**bounds, "scope": names, "errors": errors, "caches": caches}
        given |= {
            "no-renamed": not renamed,
            "memory-limit": memory_mb,
            "workers": workers,
        }
        _none_of(given, f"bounds a search of states: the world {world} has --switches")
        _none_of({"cluster": cluster}, f"is for a search of states, not for the world {world}")
        return exhaust_schedules.exhaust(
            target,
            kernel,
            entries,
            bound=switches,
            tso=tso,
            seconds=limit_s,
            audit_every=audit_every,
            out=out,
            as_json=as_json,
            as_ktap=as_ktap,
        )
    _none_of({"switches": switches, "tso": tso or None}, f"is for the world threads, not {world}")
    chosen, facts, _ = target_and_facts(target, kernel, world)
    chosen = chosen.knowing(entries)
    started = stats.now()
    changes: dict[str, Any] = {name: value for name, value in bounds.items() if value is not None}
    wanted = {"errors": errors, "audit_every": audit_every, "memory_mb": memory_mb}
    changes |= {name: value for name, value in wanted.items() if value is not None}
    changes |= {"caches": caches, "renamed": renamed}
    verdict = Verdict(chosen, kernel, out, world)
    say = _Say(chosen.name)
    if cluster is None:
        count = processes.cores() if workers is None else workers
        until_s = time.monotonic() + limit_s
        verdict.searches, verdict.wanted = search_scopes(
            chosen, names, changes, until_s, say, count
        )
    else:
        from pyfuzz.cluster import scopes  # noqa: PLC0415 (few ask for it)

        with closing(Searcher(chosen)) as searcher:
            asked = searcher.scopes(names, changes)
        with on_cluster(cluster) as there:
            found = scopes.search(there, chosen, asked, limit_s, say, say_note, workers or 1)
        verdict.searches, verdict.wanted = found, len(asked)
    if out is not None:
        command = ["pyfuzz", "exhaust", *(kernel.absolute().options() if kernel else [chosen.name])]
        command += ["--world", world] * (world != _WORLDS[0])
        command += [*_options(names, changes), "--time", f"{limit_s:g}s"]
        command += [] if cluster is None else ["--cluster", cluster]
        options = Options(chosen, out, 0, kernel=kernel, kernel_facts=facts)
        _store(verdict, out, lambda: provenance.record(out, options, started, command))
    print(as_text(verdict), file=sys.stderr if as_json or as_ktap else sys.stdout)
    if as_json:
        print(json.dumps(as_object(verdict), indent=2))
    if as_ktap:
        print(ktap.render(ktap_searches.of_verdict(verdict)))
    sys.stdout.flush()
    if any(search.interrupted for search in verdict.searches):
        return 130
    return int(verdict.word == "finding")


def _none_of(given: dict[str, Any], rule: str) -> None:
    """Raise UsageError if one of these options was given."""
    for name, value in given.items():
        if value not in (None, False, ()):
            raise UsageError(f"--{name} {rule}: leave it out")


def _options(names: tuple[str, ...], changes: dict[str, Any]) -> list[str]:
    """Return the options that choose these scopes and change them in this way."""
    options = [word for name in names for word in ("--scope", name)]
    for name, value in changes.items():
        called = {"memory_mb": "memory-limit"}.get(name, name.replace("_", "-"))
        if not isinstance(value, bool):
            options += [f"--{called}", str(value)]
        elif name == "caches":
            options += ["--caches"] * value
        elif name != "renamed" or not value:
            options.append(f"--{called}" if value else f"--no-{called}")
    return options


def _store(verdict: Verdict, out: Path, record_run: Callable[[], object]) -> None:
    """Keep the result in a run folder, as a campaign does."""
    folder = run_folder.RunFolder(out, verdict.target.name, Encoding(verdict.target.world))
    try:
        record_run()
        findings = verdict.findings
        for finding in findings:
            write_artifact(finding, verdict.target, verdict.kernel, folder.findings)
        earlier, _ = store.read(out, verdict.target)
        own = {finding.signature for finding in findings}
        store.write(out, [*findings, *(one for one in earlier if one.signature not in own)])
        record.write(out, as_object(verdict))
    except OSError as error:
        raise UsageError(
            f"{out}: cannot write: {error.strerror or error}; name another folder with --out"
        ) from error
    finally:
        folder.close()


class _Say:
    """Prints a progress line on standard error every few seconds."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._said_s = time.monotonic()

    def __call__(self, search: Search) -> None:
        now_s = time.monotonic()
        if now_s - self._said_s < _SAY_S or search.progress is None:
            return
        self._said_s = now_s
        progress = search.progress
        print(
            f"{self._target} {search.scope.name}: {progress.states:,} states, "
            f"{progress.transitions:,} transitions, {progress.left:,} left, "
            f"depth {progress.depth:,}",
            file=sys.stderr,
        )
