# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz replay``: run sequences step by step and print what happens."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pyfuzz import records, world
from pyfuzz.cli.options import declared, json_or_ktap, kernel_options, known_option, target_of
from pyfuzz.errors import UsageError
from pyfuzz.export import ktap
from pyfuzz.replay.record import ReplayRecord
from pyfuzz.replay.replays import VERDICTS, Replay
from pyfuzz.replay.replays import replay as run_replays
from pyfuzz.sequence import container
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--target", help=f"Target to run on.  [default: {catalogue.DEFAULT}]")
@click.option("--all-targets", is_flag=True, help="Run on every target in the catalogue.")
@kernel_options("Kernel to run on")
@click.option("--sanitize", is_flag=True, help="Run with AddressSanitizer and bounds checks.")
@click.option(
    "--all-accesses",
    is_flag=True,
    help="In the world threads: also show accesses to memory that only one fiber uses.",
)
@known_option
@json_or_ktap
def replay(
    files: tuple[Path, ...],
    target: str | None,
    all_targets: bool,
    kernel: Kernel | None,
    sanitize: bool,
    all_accesses: bool,
    known_files: tuple[Path, ...],
    as_json: bool,
    as_ktap: bool,
) -> int:
    """Run the sequences in FILES step by step and print what happens.

    A file is text, a container (pyfuzz pack) or a raw engine input; - is
    standard input.

    Exit code 0: nothing new found; 1: a finding that is not known.
    """
    entries = declared(known_files)
    sequences = [container.read(path) for path in files]
    of = _world_of(sequences)
    if sanitize and not world.get(of).sanitizer:
        raise UsageError(f"the world {of} has no --sanitize: leave it out")
    targets = _targets(target, all_targets, kernel, of)
    done: list[Replay] = []
    for chosen in (one.knowing(entries) for one in targets):
        for result in run_replays(sequences, chosen, "sanitize" if sanitize else "fuzz"):
            if not as_json and not as_ktap:
                print("\n".join([""] * bool(done) + list(result.lines(everything=all_accesses))))
                sys.stdout.flush()
            done.append(result)
    worst = max((result.verdict for result in done), key=VERDICTS.index)
    if as_json:
        record = ReplayRecord(worst, [result.entry() for result in done])
        print(json.dumps(records.plain(record), indent=2))
    elif as_ktap:
        print(ktap.render(ktap.of_replays(done)))
    elif len(done) > 1:
        counts = ", ".join(f"{sum(r.verdict == v for r in done)} {v}" for v in VERDICTS)
        print(f"\n{len(done)} replays: {counts}")
    return int(worst == "finding")


def _world_of(sequences: list[container.SequenceFile]) -> str:
    """Return the world that all sequences belong to."""
    first = sequences[0].input.encoding.world
    for other in sequences[1:]:
        if other.input.encoding.world != first:
            raise UsageError(
                f"{other.path}: must be of the world {first} as {sequences[0].path} is, is of "
                f"{other.input.encoding.world}; replay the sequences of each world by themselves"
            )
    return first


def _targets(name: str | None, all_targets: bool, kernel: Kernel | None, of: str) -> list[Target]:
    if not all_targets:
        return [target_of(name, kernel, of)]
    if name is not None or kernel is not None:
        other = "--target" if name is not None else "--kernel"
        raise UsageError(f"--all-targets and {other} cannot be combined: leave one out")
    return [target for target in catalogue.of_world(of) if target.builds]
