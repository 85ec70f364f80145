# SPDX-License-Identifier: GPL-2.0-only
"""``make scaling``: the cost of a step as the work grows, as plots in docs/scaling.

Each point is the shortest time of several rounds, since other load can only add to
it; all times are processor time.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.compare import afl_peer
from bench.plot import Series, line_plot
from pyfuzz.campaign.worker import Job
from pyfuzz.module import builder, compiled, engine
from pyfuzz.module.shared import Shared
from pyfuzz.sequence.binary import encode
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists.operation import Opcode, Operation

_OPERATIONS = (16, 32, 64, 128, 256, 512, 1024)
_LENGTHS = (1, 4, 14, 28, 64, 128, 256, 512, 1024, 1900)
_VMS = (1, 2, 3, 4)
_PAIRS = 400
_BEGUN = 2000  # executions of a worker before it is measured
_LEAST_NS = 10_000_000
_SAMPLES = 8  # random sequences of each length
# By x: pairs of a sequence and a longer one, whose difference gives the cost of a step.
_Inputs = Mapping[float, Sequence[tuple[bytes, bytes]]]


def by_chance(operations: int, number: int, *, repeats: bool) -> bytes:
    """Return a sequence of random operations; without repeats each is one step."""
    data = bytearray(random.Random(number).randbytes(4 * operations))
    if not repeats:
        data[3::4] = bytes(operations)
    return bytes(data)


def churn(length: int, *, newest: bool) -> tuple[bytes, bytes]:
    """Return a sequence that builds a list, and one that then also removes and adds entries.

    The target looks at the newest entry first; a random entry takes it through half
    of the list.
    """
    rng = random.Random(length)
    operations = build = [Operation(Opcode.ADD, repeat=length)]
    for _ in range(_PAIRS):
        member = length - 1 if newest else rng.randrange(length)
        take, put = (
            Operation(Opcode.REMOVE, operand=member),
            Operation(Opcode.ADD, operand=2047),
        )
        operations = [*operations, take, put]
    return encode(build), encode(operations)


def spread(vms: int) -> bytes:
    """Return the same number of steps, spread over so many VMs."""
    operations = []
    for number in range(1000):
        vm = number % vms
        head = number // 4 % 8
        opcode = Opcode.REMOVE if number // 32 % 2 else Opcode.ADD
        operations.append(Operation(opcode, vm, head, vm, operand=number))
    return encode(operations)


class Clock:
    """Runs sequences in this process and measures their time."""

    def __init__(self, target: catalogue.Target, rounds: int) -> None:
        self._module = compiled.load(target)
        self._rounds = rounds

    def steps(self, data: bytes) -> int:
        """Return the number of steps in a sequence."""
        self._module.run(data)
        return self._module.last().steps

    def ns_a_step(self, inputs: _Inputs) -> dict[float, float]:
        """Return by x the cost of a step that the longer sequences have in addition."""
        found = {}
        for x, pairs in inputs.items():
            more = sum(self.steps(whole) - self.steps(without) for without, whole in pairs)
            found[x] = sum(self._ns(whole) - self._ns(without) for without, whole in pairs) / more
        return found

    def _ns(self, data: bytes) -> float:
        """Return the cost of a sequence: the shortest time of all rounds."""
        run, size, least = self._module.run_function, len(data), float("inf")
        for _ in range(self._rounds):
            times, start, spent = 0, time.process_time_ns(), 0
            while spent < _LEAST_NS:
                run(data, size)
                times += 1
                spent = time.process_time_ns() - start
            least = min(least, spent / times)
        return least


def plot_sequence(clock: Clock) -> str:
    """Plot the cost of a step against the length of its sequence."""
    once, many = (
        {
            float(n): [(b"", by_chance(n, k, repeats=repeats)) for k in range(_SAMPLES)]
            for n in _OPERATIONS
        }
        for repeats in (False, True)
    )
    return line_plot(
        "A step costs the same in a long sequence",
        "operations in the sequence",
        "ns per step",
        [_series("with repetitions", clock, many), _series("once each", clock, once)],
    )


def plot_list(clock: Clock) -> str:
    """Plot the cost of a step against the length of its list."""
    newest = {float(n): [churn(n, newest=True)] for n in _LENGTHS}
    anywhere = {float(n): [churn(n, newest=False)] for n in _LENGTHS}
    return line_plot(
        "Long lists cost as much as the target's own search",
        "entries in the list",
        "ns per step, half of them add, half remove",
        [_series("a random entry", clock, anywhere), _series("the newest entry", clock, newest)],
    )


def plot_vms(clock: Clock) -> str:
    """Plot the cost of a step against the number of VMs that share the steps."""
    dealt = {float(n): [(b"", spread(n))] for n in _VMS}
    return line_plot(
        "More VMs cost nothing",
        "VMs that share the same steps (4 exist)",
        "ns per step",
        [_series("1000 steps", clock, dealt)],
    )


def plot_workers(target: catalogue.Target, counts: Sequence[int], seconds: float) -> str:
    """Plot steps per second of processor time against the number of workers."""
    points = [(float(n), workers_rate(builder.build(target), n, seconds)) for n in counts]
    return line_plot(
        "Workers do not slow each other down",
        "workers at once",
        "steps per second of processor time, per worker",
        [Series("steps/s", points)],
    )


def workers_rate(module: Path, workers: int, seconds: float) -> float:
    """Return steps per second of processor time, over all workers, without their start.

    On a busy machine, or one with fewer processors than workers, real time would
    measure how much processor time they got, not their cost.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pyfuzz-scaling-")))
        running = [_worker(module, folder / str(number), number) for number in range(workers)]
        regions = [stack.enter_context(shared) for _, shared in running]
        processes = [process for process, _ in running]
        for process in processes:
            stack.callback(afl_peer.kill_tree, process)
        while any(region.counts().executions < _BEGUN for region in regions):
            time.sleep(0.05)
        steps = -sum(region.counts().steps for region in regions)
        spent_s = -sum(afl_peer.tree_seconds(process.pid) for process in processes)
        time.sleep(seconds)
        steps += sum(region.counts().steps for region in regions)
        spent_s += sum(afl_peer.tree_seconds(process.pid) for process in processes)
    return steps / spent_s


def _worker(module: Path, own: Path, number: int) -> tuple[subprocess.Popen[bytes], Shared]:
    (own / "corpus").mkdir(parents=True)
    shared = Shared(own / "shared", create=True)
    job = Job(
        module=str(module),
        flavour="fuzz",
        shared=str(own / "shared"),
        supervisor=os.getpid(),
        folders=(str(own / "corpus"),),
        seed=number + 1,
    )
    command = [sys.executable, "-P", "-m", "pyfuzz.campaign.worker", job.text()]
    with (own / "log").open("wb") as log:
        environment = engine.environment("fuzz")
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment), shared


def _series(name: str, clock: Clock, inputs: _Inputs) -> Series:
    return Series(name, sorted(clock.ns_a_step(inputs).items()))


def main() -> None:
    """Measure, and write the plots."""
    parser = argparse.ArgumentParser(prog="make scaling", description=__doc__)
    parser.add_argument("--target", default="v6.6")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--worker-seconds", type=float, default=10.0, help="0: leave out the plot of workers"
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--only", nargs="+", help="of sequence, list, vms, workers")
    parser.add_argument("--out", type=Path, default=Path("docs/scaling"))
    options = parser.parse_args()
    clock = Clock(catalogue.get(options.target), options.rounds)
    plots: dict[str, Callable[[], str]] = {
        "sequence": lambda: plot_sequence(clock),
        "list": lambda: plot_list(clock),
        "vms": lambda: plot_vms(clock),
    }
    if options.worker_seconds:
        target, counts = catalogue.get(options.target), tuple(options.workers)
        plots["workers"] = lambda: plot_workers(target, counts, options.worker_seconds)
    if options.only:
        plots = {name: plot for name, plot in plots.items() if name in options.only}
    options.out.mkdir(parents=True, exist_ok=True)
    for name, plot in plots.items():
        path = options.out / f"{name}.svg"
        path.write_text(plot())
        print(path, flush=True)


if __name__ == "__main__":
    main()
