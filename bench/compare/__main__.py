# SPDX-License-Identifier: GPL-2.0-only
"""``make compare``: measure pyfuzz and its peers, and print the tables of docs/compare.md."""

from __future__ import annotations

import argparse
import os
import platform
import random
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.compare import afl, peers, report, store, throughput, trials
from bench.compare.peers import Peer
from bench.compare.report import Comparison, Speed
from bench.compare.statistics import Table
from bench.compare.store import Measured
from bench.compare.throughput import Rate, SameInputs
from pyfuzz.errors import PyfuzzError
from pyfuzz.module import compiler, engine
from pyfuzz.target.catalogue import Target

TARGETS = ("v6.6", "rfc-v4")


def main() -> None:
    """Measure, and print the page; progress goes to standard error."""
    options = _parser().parse_args()
    try:
        if options.read:
            measured = store.together([store.read(path) for path in options.read])
        else:
            measured = measure(options)
        if options.json:
            store.write(options.json, measured)
        print(report.as_markdown(compared(measured)), end="")
    except PyfuzzError as error:
        sys.exit(f"compare: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make compare", description=__doc__)
    parser.add_argument(
        "--target",
        action="append",
        help=f"default: {' and '.join(TARGETS)}; pages: real bugs, their fixes reverted; "
        "threads: mistakes that need a second thread",
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of processor time, each trial")
    parser.add_argument("--trials", type=int, default=3, help="of the fast peers, each mutant")
    parser.add_argument("--slow-trials", type=int, default=1, help="of the slow ones")
    parser.add_argument("--seed", type=int, default=1, help="of the first trial")
    parser.add_argument(
        "--sample", type=int, default=20, help="mutants for the slow peers; 0: all, takes hours"
    )
    parser.add_argument("--only", action="append", default=[], help="only these mutants")
    parser.add_argument(
        "--part", type=part, default=(1, 1), metavar="N/M", help="the N-th of M parts of them"
    )
    parser.add_argument("--peer", action="append", help="only these peers")
    parser.add_argument("--rounds", type=int, default=5, help="of the speeds; 0: none")
    parser.add_argument("--runs", type=int, default=20_000, help="on the same inputs, each round")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write all results to this file")
    parser.add_argument(
        "--read", type=Path, nargs="+", help="measure nothing: combine files of --json"
    )
    return parser


def part(text: str) -> tuple[int, int]:
    """Parse the value of ``--part``: the N-th of M."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"must be N/M with 1 <= N <= M, is {text!r}")
    return int(number), int(of)


def measure(options: argparse.Namespace) -> Measured:
    """Measure everything."""
    chosen = [peer for peer in peers.PEERS if not options.peer or peer.name in options.peer]
    missing = {peer.name: why for peer in chosen if (why := peer.missing())}
    present = [peer for peer in chosen if peer.name not in missing]
    for name, why in missing.items():
        _say(f"{name} is left out: {why}")
    targets = [trials.subject(name) for name in options.target or TARGETS]
    seeds = tuple(range(options.seed, options.seed + options.trials))
    slow_seeds = tuple(range(options.seed, options.seed + options.slow_trials))
    how = trials.Options(
        options.seconds,
        seeds,
        slow_seeds,
        options.sample,
        options.jobs,
        tuple(options.only),
        options.part,
    )
    start_s, rates, same = _clean(targets[0], present, options)
    rows = [row for target in targets for row in trials.measure(target, present, how, _say)]
    return Measured(
        command=f"python -m bench.compare {shlex.join(sys.argv[1:])}".strip(),
        machine=_machine(present),
        budget_s=options.seconds,
        seeds=seeds,
        slow_seeds=slow_seeds if any(peer.slow for peer in present) else (),
        start_s=start_s,
        missing=missing,
        rows=rows,
        speed_target=targets[0].name,
        runs=options.runs,
        rates=rates,
        same=same,
    )


def compared(measured: Measured) -> Comparison:
    """Return the results in the form that the page needs."""
    present = {row.peer for row in measured.rows}
    targets = dict.fromkeys(row.target for row in measured.rows)
    tables = {
        target: Table(
            [row for row in measured.rows if row.target == target],
            measured.budget_s,
            measured.start_s,
        )
        for target in targets
    }
    speed = Speed(measured.speed_target, measured.rates, measured.same, measured.runs)
    return Comparison(
        command=measured.command,
        machine=measured.machine,
        peers=[peer for peer in peers.PEERS if peer.name in present],
        missing=measured.missing,
        start_s=measured.start_s,
        budget_s=measured.budget_s,
        seeds=measured.seeds,
        slow_seeds=measured.slow_seeds,
        speed=speed if measured.rates else None,
        tables=tables,
    )


def _clean(
    target: Target, present: Sequence[Peer], options: argparse.Namespace
) -> tuple[dict[str, float], dict[str, Rate], list[SameInputs]]:
    """Measure the start-up time and the speeds on the clean target."""
    with tempfile.TemporaryDirectory(prefix="pyfuzz-compare-") as name:
        folder = Path(name)
        built = peers.build(target, trials.afl_for(present, folder))
        _say("start-up of each peer")
        start_s = trials.start_ups(built, present, folder)
        if not options.rounds:
            return start_s, {}, []
        ours = throughput.native_program(target, engine.prepare("fuzz"))
        plain = throughput.native_program(target, peers.plain_engine())
        same: list[SameInputs] = []
        for number in range(options.rounds):
            _say(f"the same inputs, round {number + 1}/{options.rounds}")
            one = throughput.same_inputs(
                ours, built.module, options.runs, options.seed + number, folder
            )
            same.append(one)
        corpus = throughput.grown_corpus(ours, built.module, options.seed, folder)
        rates: dict[str, list[Rate]] = {peer.name: [] for peer in present}
        rng = random.Random(options.seed)
        for number in range(options.rounds):
            for peer in rng.sample(list(present), len(present)):
                _say(f"speed, round {number + 1}/{options.rounds}: {peer.name}")
                native = plain if peer.how == "plain" else ours
                rate = throughput.rate(peer, built, native, corpus, 2.0, folder)
                rates[peer.name].append(rate)
    middle = {name: throughput.middle(some) for name, some in rates.items()}
    return start_s, middle, same


def _machine(present: Sequence[Peer]) -> str:
    words = [
        platform.machine(),
        f"{os.cpu_count()} processors",
        f"Python {platform.python_version()}",
        compiler.find().version,
    ]
    if any(peer.how == "afl" for peer in present):
        words.append(afl.version())
    if any(peer.how == "hypothesis" for peer in present):
        import hypothesis  # noqa: PLC0415 (only where it is there)

        words.append(f"Hypothesis {hypothesis.__version__}")
    return ", ".join(words)


def _say(text: str) -> None:
    print(f"compare: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
