# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz compare``: where two targets differ."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

import click

from pyfuzz import processes
from pyfuzz.cli.cluster import cluster_option, on_cluster, say_note
from pyfuzz.cli.options import declared, duration, known_option
from pyfuzz.cli.sides import kernel_of, target_of_side
from pyfuzz.compare import product
from pyfuzz.compare.pair import PARTS, Level, Pair, pair_of
from pyfuzz.compare.result import Result, as_object, as_text, sorted_differences
from pyfuzz.errors import UsageError
from pyfuzz.exhaust.search import Search
from pyfuzz.files import write_beside
from pyfuzz.finding.artifact import write_artifact
from pyfuzz.finding.finding import Finding
from pyfuzz.replay.runner import Runner
from pyfuzz.run import findings as store
from pyfuzz.run import folder as run_folder
from pyfuzz.run.options import Options
from pyfuzz.sequence import container
from pyfuzz.sequence.input import Encoding

_DEFAULT_S = 60.0
_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("a")
@click.argument("b", required=False)
@click.argument("files", nargs=-1, type=_PATH)
@click.option(
    "--patch",
    "--patch-b",
    "patches_b",
    multiple=True,
    type=_PATH,
    metavar="FILE",
    help="Apply this diff or mail to a copy of B first.  Repeatable.",
)
@click.option(
    "--patch-a",
    "patches_a",
    multiple=True,
    type=_PATH,
    metavar="FILE",
    help="The same for A.",
)
@click.option(
    "--level",
    type=click.Choice([level.name.lower() for level in Level]),
    default="observable",
    show_default=True,
    help="How much of a list is compared: its entries, also their order, also the descriptors.",
)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(PARTS),
    metavar="PART",
    help=f"Do not compare this: {', '.join(PARTS)}.  Repeatable.",
)
@click.option(
    "--world", type=click.Choice(["lists", "pages"]), help="For kernels.  [default: lists]"
)
@click.option("--time", "seconds", type=duration, help="Time limit: 20s, 5m, 1h.  [default: 60s]")
@click.option("--runs", type=click.IntRange(1), help="Number of sequences, instead of a time.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Comparing processes.  [default: one per core; 1 with --runs]",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed.  [default: random]")
@click.option(
    "--exhaust", "exhaustive", is_flag=True, help="Visit every pair of states within a scope."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(product.SCOPES),
    help="With --exhaust: scope to search.  Repeatable.  [default: all]",
)
@cluster_option("With --exhaust: search scopes, each on one machine,")
@known_option
@click.option("--out", type=_PATH, help="Run folder.  [default: out/...]")
@click.option("--html", "page", type=_PATH, metavar="FILE", help="Write a page that can be mailed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def compare(
    a: str,
    b: str | None,
    files: tuple[Path, ...],
    patches_a: tuple[Path, ...],
    patches_b: tuple[Path, ...],
    level: str,
    without: tuple[str, ...],
    world: str | None,
    seconds: float | None,
    runs: int | None,
    workers: int | None,
    seed: int | None,
    exhaustive: bool,
    scopes: tuple[str, ...],
    cluster: str | None,
    known_files: tuple[Path, ...],
    out: Path | None,
    page: Path | None,
    as_json: bool,
) -> int:
    """Run the same sequences on A and B, and show where they differ.

    Without B, it is A with --patch applied.

    A and B: a target (see pyfuzz targets), a kernel tree, a source tarball, one
    mmu.c, or REPOSITORY@REV.  With FILES, only these sequences are compared.

    Exit code 0: no difference, or known ones only; 1: a difference that is not known.
    """
    if seconds is not None and runs is not None:
        raise UsageError("--time and --runs cannot be combined: leave one out")
    if exhaustive and (files or runs is not None or seed is not None):
        raise UsageError("--exhaust tries everything: leave out FILES, --runs, --seed")
    for option, given in (("--scope bounds", scopes), ("--cluster spreads", cluster)):
        if given and not exhaustive:
            raise UsageError(f"{option} a search: add --exhaust")
    entries = declared(known_files)
    if b is None:
        if not patches_b:
            raise UsageError("B is missing: name it, or give --patch FILE to patch a copy of A")
        b, patches_b = a, (*patches_a, *patches_b)
    kernel = kernel_of(a, patches_a, world)
    one = target_of_side(a, kernel)
    other = target_of_side(b, kernel_of(b, patches_b, world))
    command = _command(a, b, patches_a, patches_b, level, without, world)
    pair = pair_of(one, other, Level[level.upper()], command, without)
    pair = pair.knowing(entries)
    if files:
        result = _of_files(pair, files)
    elif exhaustive:
        limit_s = _DEFAULT_S if seconds is None else seconds
        result = _exhaust(pair, scopes, limit_s, out, workers, cluster)
    else:
        options = Options(
            target=pair.target,
            out=out or run_folder.default_path(pair.target.name),
            seed=seed if seed is not None else secrets.randbelow(2**32 - 1) + 1,
            workers=workers or (1 if runs is not None else processes.cores()),
            seconds=_DEFAULT_S if seconds is None and runs is None else seconds,
            runs=runs,
            kernel=kernel,
            known_files=tuple(str(path.absolute()) for path in known_files),
            check=False,
        )
        result = _campaign(pair, options)
    if page is not None:
        from pyfuzz.compare import page as pages  # noqa: PLC0415 (brings the template engine)

        pages.write(result, page)
    print(as_text(result), file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(as_object(result), indent=2))
    sys.stdout.flush()
    return int(result.verdict == "different")


def _command(
    a: str,
    b: str,
    patches_a: tuple[Path, ...],
    patches_b: tuple[Path, ...],
    level: str,
    without: tuple[str, ...],
    world: str | None,
) -> tuple[str, ...]:
    """Return the words that name both on a command line."""
    words = [a, b]
    for option, patches in (("--patch-a", patches_a), ("--patch-b", patches_b)):
        for patch in patches:
            words += [option, str(patch)]
    if level != "observable":
        words += ["--level", level]
    for part in without:
        words += ["--without", part]
    if world is not None:
        words += ["--world", world]
    return tuple(words)


def _of_files(pair: Pair, files: tuple[Path, ...]) -> Result:
    """Compare what some sequences do."""
    found: dict[int, Finding] = {}
    sequences = [container.read(path) for path in files]
    with Runner(pair.target) as runner:
        for sequence in sequences:
            for raw in runner.run(sequence.input):
                operations = list(sequence.operations)
                if raw.signature in found:
                    found[raw.signature].count += 1
                    continue
                found[raw.signature] = Finding(
                    symptom=raw.symptom,
                    signature=raw.signature,
                    count=1,
                    first_execution=1,
                    first_seconds=0.0,
                    operations=operations,
                    known=pair.target.known_reason(raw.symptom),
                )
    return Result(pair, sorted_differences(list(found.values())), executions=len(sequences))


def _exhaust(
    pair: Pair,
    scopes: tuple[str, ...],
    seconds: float,
    out: Path | None,
    workers: int | None,
    cluster: str | None,
) -> Result:
    """Search all pairs of states; ``out`` keeps the shortest sequences."""
    if cluster is None:
        verdict = product.search(pair, scopes, seconds, _say, workers or processes.cores())
    else:
        from pyfuzz.cluster.scopes import search  # noqa: PLC0415 (few ask for it)

        verdict, wanted = product.verdict_of(pair, scopes)
        with on_cluster(cluster) as there:
            verdict.searches = search(
                there, pair.target, wanted, seconds, _say, say_note, workers or 1
            )
    found = sorted_differences(product.differences(verdict))
    result = Result(pair, found, exhaust=product.plain(verdict), said=product.text(verdict))
    if out is not None:
        folder = run_folder.RunFolder(out, pair.target.name, Encoding(pair.a.world))
        try:
            for difference in found:
                write_artifact(difference, pair.target, None, folder.findings)
            store.write(out, found)
            result.out = str(out)
            _store(result, out)
        finally:
            folder.close()
    if any(search.interrupted for search in verdict.searches):
        print(as_text(result))
        raise click.exceptions.Exit(130)
    return result


def _say(search: Search) -> None:
    """Show how far it is, only on a terminal; the next line replaces this one."""
    if search.progress is not None and sys.stderr.isatty():
        progress = search.progress
        print(
            f"\r{search.scope.name}: {progress.states:,} pairs of states, {progress.left:,} left ",
            end="\n" if progress.end else "",
            file=sys.stderr,
        )


def _store(result: Result, out: Path) -> None:
    text = json.dumps(as_object(result), indent=2)
    write_beside(out / "compare.json", text.encode() + b"\n")


def _campaign(pair: Pair, options: Options) -> Result:
    # The engine takes a while to load.
    from pyfuzz.campaign.campaign import Campaign  # noqa: PLC0415
    from pyfuzz.campaign.status import Status  # noqa: PLC0415

    with Status(sys.stderr) as status:
        progress = Campaign(options, status).run()
    result = Result(
        pair,
        sorted_differences(progress.findings),
        executions=progress.counts.executions,
        operations=progress.counts.operations,
        seconds=progress.seconds,
        seed=options.seed,
        out=str(options.out),
        notes=list(progress.notes),
    )
    _store(result, options.out)
    if progress.interrupted:
        print(as_text(result))
        raise click.exceptions.Exit(130)
    if progress.trouble is not None:
        raise progress.trouble
    return result
