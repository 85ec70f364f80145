# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz containment``: which memory faults each target contains, and which it does not."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import click

from pyfuzz.cli import containment_bugs
from pyfuzz.cli.cluster import cluster_option, on_cluster, say_note
from pyfuzz.cli.options import target_of
from pyfuzz.containment import fill, shipped_matrix, table
from pyfuzz.containment.cell import Cell
from pyfuzz.containment.matrix import REPLAYS, Effort, Matrix
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.lists import faults


@click.command()
@click.argument("targets", nargs=-1)
@click.option(
    "--kernel",
    "kernels",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Add a row for a kernel: a kernel tree, a source tarball, or one mmu.c.  Repeatable.",
)
@click.option(
    "--bug-on-data-corruption",
    is_flag=True,
    help="Build the kernels' code as with CONFIG_BUG_ON_DATA_CORRUPTION=y.",
)
@click.option("--both", is_flag=True, help="Two rows per kernel: without that option and with.")
@click.option(
    "--bug",
    "bugs",
    multiple=True,
    help="Instead of faults, the real bug with this fix (a commit, or all).  Repeatable.",
)
@click.option("--fault", "names", multiple=True, help="Only this fault.  Repeatable.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=1,
    show_default=True,
    help="Seed for the search.",
)
@click.option(
    "--runs",
    type=click.IntRange(1),
    default=Effort().runs,
    show_default=True,
    help="Sequences to try per cell.",
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Rows to fill in parallel.  [default: CPUs]"
)
@cluster_option("Fill the matrix")
@click.option("--html", type=click.Path(path_type=Path), help="Write an HTML page to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@click.option(
    "--replay",
    "stored",
    type=click.Path(path_type=Path),
    help=f"Instead of searching, replay each cell of this --json output {REPLAYS} times.",
)
def containment(
    targets: tuple[str, ...],
    kernels: tuple[Path, ...],
    bug_on_data_corruption: bool,
    both: bool,
    bugs: tuple[str, ...],
    names: tuple[str, ...],
    seed: int,
    runs: int,
    workers: int | None,
    cluster: str | None,
    html: Path | None,
    as_json: bool,
    stored: Path | None,
) -> int:
    """Plant each fault in one VM of each target and find the worst outcome.

    TARGETS are names from the catalogue, or all.  [default: all; none with
    --kernel]  A target that does not compile (rfc-v1) has no row.

    With --bug, the fix of a real bug is reverted in targets of the world pages,
    and what ordinary use makes of the bug is watched; exit code 1: something is
    left of a bug with its fix.

    Exit code 0: no outcome is worse than the shipped matrix says; 1: one is, or
    a target that is not in that matrix does not contain a fault; 130:
    interrupted, with the rows that are whole.
    """
    if (both or bug_on_data_corruption) and not kernels:
        option = "--both" if both else "--bug-on-data-corruption"
        raise UsageError(f"{option} applies to a kernel: give --kernel PATH too")
    configs = (False, True) if both else (bug_on_data_corruption,)
    asked = [Kernel(path, config) for path in kernels for config in configs]
    if bugs:
        of_faults = (("--fault", names), ("--replay", stored), ("--html", html))
        for option, given in (*of_faults, ("--cluster", cluster)):
            if given:
                raise UsageError(f"{option} is about faults: leave out {option}, or --bug")
        return containment_bugs.show(bugs, targets, asked, as_json=as_json)
    if cluster is not None and (stored is not None or workers is not None):
        option = "--workers" if stored is None else "--replay"
        raise UsageError(f"{option} is for this machine: leave out {option}, or --cluster")
    if stored is not None:
        return _replay(stored, _targets(targets or ("all",), asked))
    chosen = _targets(targets, asked)
    picked = [faults.get(name) for name in names] or faults.BY_GROUP
    progress = _Progress(len(chosen) * len(picked))
    effort = Effort(runs=runs)
    if cluster is None:
        rows = fill.find(
            chosen, picked, seed=seed, effort=effort, workers=workers, watch=progress.done
        )
    else:
        from pyfuzz.containment import piece  # noqa: PLC0415 (few ask for it)

        with on_cluster(cluster) as there:
            rows = piece.find(
                there,
                chosen,
                picked,
                seed=seed,
                effort=effort,
                watch=progress.done,
                note=say_note,
            )
    progress.end()
    if left := len(chosen) - len(rows):
        print(f"interrupted: {left} of {len(chosen)} rows are not whole", file=sys.stderr)
    matrix = Matrix(tuple(rows), seed, effort, progress.seconds)
    code = _conclude(matrix, html, as_json=as_json)
    return 130 if left else code


def _targets(names: tuple[str, ...], kernels: list[Kernel]) -> list[Target]:
    everything = [target for target in catalogue.TARGETS.values() if target.builds]
    if names == ("all",) or not (names or kernels):
        chosen = everything
    else:
        chosen = [catalogue.get(name) for name in dict.fromkeys(names)]
    for target in chosen:
        if not target.builds:
            raise UsageError(f"{target.name} does not compile, as the catalogue says: leave it out")
    return [*chosen, *(target_of(None, kernel) for kernel in kernels)]


class _Progress:
    """A progress line on standard error."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._finished = 0
        self._live = sys.stderr.isatty()
        self._began_s = time.monotonic()
        self.seconds = 0.0

    def done(self, cell: Cell) -> None:
        """Count a finished cell."""
        self._finished += 1
        self.seconds = time.monotonic() - self._began_s
        if self._live:
            outcome = cell.outcome.value if cell.outcome else "n/a"
            line = f"{self._finished} of {self._total}: {cell.target}, {cell.fault}: {outcome}"
            print(f"\r\x1b[K{line[:79]}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Erase the line."""
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self.seconds = time.monotonic() - self._began_s


def _conclude(matrix: Matrix, html: Path | None, *, as_json: bool) -> int:
    stream = sys.stderr if as_json else sys.stdout
    if not matrix.rows:
        if as_json:
            print(json.dumps(matrix.as_object(), indent=1), flush=True)
        return 0
    print("\n".join(table.text(matrix.rows)), file=stream)
    shipped = shipped_matrix.load()
    worse = [cell for row in matrix.rows for cell in shipped_matrix.worse(row, shipped)]
    print(f"\n{_verdict(worse)}; {matrix.seconds:.0f} s", file=stream)
    if as_json:
        print(json.dumps(matrix.as_object(), indent=1), flush=True)
    if html is not None:
        from pyfuzz.containment.page import render  # noqa: PLC0415 (only where it is asked for)
        from pyfuzz.report import style  # noqa: PLC0415

        style.write(render(matrix), html, "--html")
        print(f"page: {html}", file=stream)
    _check_stable(matrix)
    return int(bool(worse))


def _check_stable(matrix: Matrix) -> None:
    for row in matrix.rows:
        for cell in row.applicable:
            if cell.replays_same != cell.replays:
                raise HarnessError(
                    f"{cell.target}, {cell.fault}: {cell.replays} replays must agree, "
                    f"{cell.replays_same} do; please report this with the seed {matrix.seed}"
                )


def _verdict(worse: list[Cell]) -> str:
    if not worse:
        return "verdict: nothing new"
    shown = ", ".join(f"{cell.target} {cell.fault}" for cell in worse[:3])
    more = f" and {len(worse) - 3} more" if len(worse) > 3 else ""
    return f"verdict: finding: not contained and not known: {shown}{more}"


def _replay(stored: Path, chosen: list[Target]) -> int:
    matrix = shipped_matrix.read(stored)
    by_name = {target.name: target for target in chosen}
    rows = [row for row in matrix.rows if row.target in by_name]
    cells = sum(len(row.applicable) for row in rows)
    problems = fill.replay(matrix, by_name)
    for problem in problems:
        print(problem)
    left = [row.target for row in matrix.rows if row.target not in by_name]
    if left:
        print(f"left out, since their source is needed (--kernel): {', '.join(left)}")
    print(
        f"{cells - len(problems)} of {cells} cells had the same outcome in {REPLAYS} of {REPLAYS}"
        f" replays, on {os.cpu_count()} CPUs"
    )
    return int(bool(problems))
