# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fuzz``: run a campaign."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from pyfuzz import processes
from pyfuzz import world as worlds
from pyfuzz.campaign import summary
from pyfuzz.campaign.campaign import Campaign, Exchanging, Progress
from pyfuzz.campaign.status import Status
from pyfuzz.campaign.turn import Turn
from pyfuzz.cli import all_worlds
from pyfuzz.cli.options import (
    declared,
    duration,
    kernel_options,
    known_option,
    target_and_facts,
    target_of,
    worker_options,
)
from pyfuzz.cli.turns import Plan
from pyfuzz.errors import PyfuzzError, UsageError
from pyfuzz.files import write_beside
from pyfuzz.run import folder as run_folder
from pyfuzz.run import worlds as run_worlds
from pyfuzz.run.options import MEMORY_MB, Options
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

_DEFAULT_S = 60.0
_ALL = "all"


@click.command()
@click.argument("target", required=False)
@kernel_options("Kernel to fuzz")
@click.option(
    "--world",
    type=click.Choice([*worlds.NUMBERS, _ALL]),
    help="The target's surroundings: lists only, guest page tables and shadow pages, or lockless "
    "walkers beside a writer; or all of these that the target has.  [default: all]",
)
@click.option(
    "--systematic",
    is_flag=True,
    help="In the world threads: try every schedule of every pair of a writer and a walker.",
)
@click.option(
    "--switches",
    type=click.IntRange(0, 7),
    help="With --systematic: limit on preemptions.  [default: 2]",
)
@click.option("--tso", is_flag=True, help="With --systematic: fibers have x86's store buffers.")
@click.option("--time", "seconds", type=duration, help="Time limit: 20s, 5m, 1h.  [default: 60s]")
@click.option("--runs", type=click.IntRange(1), help="Number of executions, instead of a time.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Fuzzing processes, each with its own strategy; with --cluster, on each Dask worker.  "
    "[default: one per core, or thread of a Dask worker; 1 with --runs]",
)
@worker_options
@click.option("--stop-on-finding", is_flag=True, help="Stop at the first new finding.")
@click.option(
    "--memory-limit",
    "memory_mb",
    type=click.IntRange(256),
    metavar="MIB",
    default=MEMORY_MB,
    show_default=True,
    help="Memory limit per worker, in MiB.",
)
@click.option(
    "--faults",
    is_flag=True,
    help="Also damage the lists on purpose; findings are then about damage that spreads.",
)
@known_option
@click.option(
    "--share",
    metavar="URL",
    help="Exchange inputs and findings with other campaigns through this place: a folder, "
    "sftp://HOST/PATH, s3://BUCKET/PATH (docs/share.md).",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Fuzz on the workers of a Dask cluster: tls://HOST:PORT, a scheduler on loopback, or "
    "local:N, which starts N workers here (docs/cluster.md).",
)
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [default: out/...]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option(
    "--report/--no-report",
    "with_page",
    default=True,
    help="Write OUT/report.html at the end.  [default: yes]",
)
@click.option("--turns", type=int, hidden=True, help="A socket that says when to fuzz.")
def fuzz(
    target: str | None,
    kernel: Kernel | None,
    world: str | None,
    systematic: bool,
    switches: int | None,
    tso: bool,
    seconds: float | None,
    runs: int | None,
    workers: int | None,
    seed: int | None,
    sanitize: bool,
    check: bool,
    stop_on_finding: bool,
    memory_mb: int,
    faults: bool,
    known_files: tuple[Path, ...],
    share: str | None,
    cluster: str | None,
    out: Path | None,
    as_json: bool,
    with_page: bool,
    turns: int | None,
) -> int:
    """Fuzz TARGET (see pyfuzz targets), or your own kernel with --kernel.

    Exit code 0: nothing new found; 1: a finding that is not known.
    """
    for option, given in (("--time", seconds), ("--cluster", cluster)):
        if given is not None and runs is not None:
            raise UsageError(f"{option} and --runs cannot be combined: leave one out")
    entries = declared(known_files)
    if systematic:
        rule = "a systematic search ends by itself, and has no {}: leave it out, or --systematic"
        _refuse(rule, runs=runs, faults=faults, sanitize=sanitize, share=share, cluster=cluster)
        return _search(
            target_of(target, kernel, _with_schedules(world)).knowing(entries),
            switches,
            seconds,
            tso=tso,
            stop_on_finding=stop_on_finding,
            out=out,
            as_json=as_json,
        )
    if switches is not None or tso:
        option = "--tso" if tso else "--switches"
        raise UsageError(f"{option} is for a systematic search: add --systematic")
    seconds = _DEFAULT_S if runs is None and seconds is None else seconds
    # Workers exchange inputs on a timer, so only a single one is repeatable,
    # and --runs asks for a repeatable campaign.
    dealt = workers or (1 if runs is not None else processes.cores())
    not_run: dict[str, str] = {}
    made = None
    if world == _ALL or world is None:
        made = target_and_facts(target, kernel)
        chosen = made[0]
        picked = _pick(chosen, kernel, out, faults=faults, sanitize=sanitize)
        not_run, world = picked.not_run, picked.worlds[0]
        if picked.several:
            plan = Plan(
                worlds=picked.worlds,
                words=(
                    *(kernel.absolute().options() if kernel else [chosen.name]),
                    *_passed_on(known_files, memory_mb, check=check, with_page=with_page),
                    *(["--sanitize"] if sanitize else []),
                    *_elsewhere(share, cluster, workers),
                ),
                workers=None if cluster else dealt,
                seconds=seconds,
                runs=runs,
                seed=_seed(seed),
                out=out or run_folder.default_path(chosen.name),
                stop_on_finding=stop_on_finding,
            )
            return all_worlds.fuzz(
                plan, chosen, kernel, not_run, as_json=as_json, with_page=with_page
            )
    if kernel is not None:
        kernel = replace(kernel, world=world)
    _refuse_in(world, faults=faults, sanitize=sanitize)
    if made is None or made[0].world != world:
        made = target_and_facts(target, kernel, world)
    chosen, facts, notes = made
    options = Options(
        target=chosen.knowing(entries),
        out=out or run_folder.default_path(chosen.name),
        seed=_seed(seed),
        flavour="sanitize" if sanitize else "fuzz",
        workers=dealt,
        seconds=seconds,
        runs=runs,
        kernel=kernel,
        kernel_facts=facts,
        kernel_notes=tuple(notes),
        known_files=tuple(str(path.absolute()) for path in known_files),
        memory_mb=memory_mb,
        stop_on_finding=stop_on_finding,
        check=check and worlds.get(chosen.world).sanitizer,
        faults=faults,
        shared=share is not None,
        not_run=not_run,
    )
    turn = None if turns is None else Turn(turns)
    with Status(sys.stderr) as status:
        watch = status if turn is None else turn
        if cluster is None:
            progress = Campaign(options, watch, _link(share, options), turn=turn).run()
        else:
            progress = _on_cluster(cluster, share, options, workers, watch)
        _store(progress)
        if with_page and not progress.interrupted and progress.trouble is None:
            watch(progress, "writing the report")
            _write_page(progress)
            _store(progress)
    return _conclude(progress, as_json=as_json)


def _refuse_in(world: str, *, faults: bool, sanitize: bool) -> None:
    """Raise UsageError for an option that a world does not have."""
    if faults and not worlds.get(world).faults:
        raise UsageError(f"--faults damages lists: the world {world} has none, leave one out")
    if sanitize and not worlds.get(world).sanitizer:
        raise UsageError(f"the world {world} has no --sanitize: leave it out")


@dataclass(frozen=True, slots=True)
class _Picked:
    """The worlds to fuzz; ``several``: each in a run folder of its own."""

    worlds: tuple[str, ...]
    not_run: dict[str, str]
    several: bool


def _pick(
    chosen: Target, kernel: Kernel | None, out: Path | None, *, faults: bool, sanitize: bool
) -> _Picked:
    """Pick the worlds that a target has and that the options are about."""
    if out is not None and (began := run_folder.world_of(out)) is not None:
        why = f"{out} is the run folder of one world: name another --out"
        others = [own for own in all_worlds.of_target(chosen, kernel)[0] if own != began]
        return _Picked((began,), dict.fromkeys(others, why), several=False)
    has, not_run = all_worlds.of_target(chosen, kernel)
    for own in has:
        if faults and not worlds.get(own).faults:
            not_run[own] = "it has no --faults"
        elif sanitize and not worlds.get(own).sanitizer:
            not_run[own] = "it has no --sanitize"
    has = tuple(own for own in has if own not in not_run)
    if not has:
        raise UsageError(
            f"no world of {chosen.name} has {'--faults' if faults else '--sanitize'}: leave it out"
        )
    several = len(has) > 1 or (out is not None and run_worlds.is_marked(out))
    return _Picked(has, not_run, several=several)


def _elsewhere(share: str | None, cluster: str | None, workers: int | None) -> list[str]:
    """Return the options of a campaign that is not on this machine alone, for each world's."""
    options = []
    if share is not None:
        options += ["--share", share if "://" in share else str(Path(share).absolute())]
    if cluster is not None:
        options += ["--cluster", cluster]
        options += [] if workers is None else ["--workers", str(workers)]
    return options


def _refuse(rule: str, **options: object) -> None:
    """Raise UsageError for the first of the options that was given."""
    for name, given in options.items():
        if given:
            raise UsageError(rule.format(f"--{name}"))


def _passed_on(
    known_files: tuple[Path, ...], memory_mb: int, *, check: bool, with_page: bool
) -> tuple[str, ...]:
    """Return the options that each world's campaign is to get as well."""
    options = [word for path in known_files for word in ("--known", str(path.absolute()))]
    options += ["--memory-limit", str(memory_mb)]
    options += [] if check else ["--no-sanitizer-worker"]
    return (*options, *([] if with_page else ["--no-report"]))


def _link(share: str | None, options: Options) -> Exchanging | None:
    if share is None:
        return None
    from pyfuzz.share.link import Link  # noqa: PLC0415 (needs an extra)

    return Link(share, options)


def _on_cluster(
    address: str,
    share: str | None,
    options: Options,
    processes: int | None,
    watch: Callable[[Progress, str], None],
) -> Progress:
    from pyfuzz.cluster import campaign, connection  # noqa: PLC0415 (needs an extra)

    with connection.connect(address) as cluster:
        url = campaign.share_of(cluster, share, options.out)
        return campaign.run(cluster, options, url, watch, processes=processes)


def _seed(given: int | None) -> int:
    # libFuzzer reads 0 as "choose one".
    return given if given is not None else secrets.randbelow(2**32 - 1) + 1


def _with_schedules(name: str | None) -> str:
    """Return a world whose schedules can be searched, by the name that was given."""
    have = [own for own in worlds.NUMBERS if worlds.get(own).schedules]
    if name not in have:
        raise UsageError(f"--systematic is for the world {have[0]}: add --world {have[0]}")
    return name


def _search(target: Target, bound: int | None, seconds: float | None, **options: Any) -> int:
    from pyfuzz.cli import systematic  # noqa: PLC0415 (few campaigns need it)

    return systematic.search(target, bound, seconds, **options)


def _store(progress: Progress) -> None:
    """Write summary.json, which the report is made from too."""
    if progress.trouble is not None:
        return
    text = json.dumps(summary.as_object(progress), indent=2)
    try:
        write_beside(progress.options.out / "summary.json", text.encode() + b"\n")
    except OSError as error:
        progress.trouble = UsageError(f"cannot write summary.json: {error.strerror}")


def _write_page(progress: Progress) -> None:
    from pyfuzz.report import write  # noqa: PLC0415 (brings the template engine)

    try:
        progress.page = write(progress.options.out).path
    except PyfuzzError as error:
        progress.notes.append(f"no report was written: {error}")
    except KeyboardInterrupt:
        progress.interrupted = True


def _conclude(progress: Progress, *, as_json: bool) -> int:
    print(summary.as_text(progress), file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(summary.as_object(progress), indent=2))
    sys.stdout.flush()
    if progress.interrupted:
        return 130
    if progress.trouble is not None:
        raise progress.trouble
    return 1 if progress.verdict == "finding" else 0
