# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.profile``: where the time of an execution goes, for docs/performance.md.

The same inputs four times, each time with one more layer: the harness in a bare
loop, called from Python, under libFuzzer, and as pyfuzz runs it.  A layer's cost is
the difference.  With ``perf`` (Linux), the harness itself is broken down by the C
file of each sampled function.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from bench.compare.throughput import native_program, same_inputs
from pyfuzz.campaign.worker import Job, engine_arguments
from pyfuzz.module import builder, compiled, engine
from pyfuzz.module.shared import Shared
from pyfuzz.target import catalogue

_SEED = 1
_EMPTY_CALLS = 200_000
_STEPS = (
    "{steps:,.0f} steps per execution, {per_step:.0f} ns per step in the harness. The module in "
    "Python's process, called in a loop without an engine, takes {called:+,.0f} ns per execution "
    "compared with the bare loop in C."
)
# The part of the harness that a C file belongs to, as in docs/harness.md.
_PARTS = {
    "target": "the target's own code",
    "adapter.h": "adapter: how the target is called",
    "oracle.c": "oracle: which checks, flags, numbers",
    "list.c": "oracle: walking lists",
    "list.h": "oracle: walking lists",
    "walk.c": "oracle: walking lists",
    "rules.c": "oracle: shadow pages against the guest's tables",
    "guest.c": "the guest's tables and the host's frames",
    "slots.c": "the guest's tables and the host's frames",
    "geometry.c": "the guest's tables and the host's frames",
    "memory.c": "the allocators",
    "model.c": "model: what should be in every list",
    "decode.c": "decoding and running operations",
    "run_ops.c": "decoding and running operations",
    "run_guest.c": "decoding and running operations",
    "run_host.c": "decoding and running operations",
    "queries.c": "decoding and running operations",
    "vm.c": "decoding and running operations",
    "world.c": "decoding and running operations",
    "run.c": "decoding and running operations",
    "feedback.c": "state feedback",
    "states.c": "state feedback",
    "coverage.c": "state feedback",
    "descriptors.c": "the allocators",
    "guard.c": "the way back from BUG() and hangs",
}


@dataclass(frozen=True, slots=True)
class Layers:
    """Nanoseconds per execution: in a loop in C, in one in Python, under each engine.

    ``empty``: for an input without operations, called from Python; ``steps``: steps
    per execution.
    """

    loop: float
    called: float
    native: float
    pyfuzz: float
    steps: float
    empty: float


def recorded_inputs(path: Path) -> Iterator[bytes]:
    """Yield the inputs that ``native record`` wrote: a length of four bytes before each."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], sys.byteorder)
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def record(native: Path, runs: int, seed: int, folder: Path) -> Path:
    """Return a file with the inputs of so many runs with that seed."""
    own = folder / f"corpus-{seed}"
    own.mkdir()
    job = Job("", "fuzz", "", 0, folders=(str(own),), seed=seed, runs=runs)
    shared, out = folder / "shared", folder / f"recorded-{seed}"
    Shared(shared, create=True).close()
    command = [str(native), "record", str(shared), str(out), str(runs), *engine_arguments(job)]
    subprocess.run(command, capture_output=True, env=engine.environment("fuzz"), check=True)
    return out


def layers(target: catalogue.Target, runs: int, rounds: int, folder: Path) -> Layers:
    """Measure the four layers on the same inputs, in processor time.

    Alternating, and the shortest time of each: other load can only add to it.
    """
    native = native_program(target, engine.prepare("fuzz"))
    module = builder.build(target)
    inputs = record(native, runs, _SEED, folder)
    loaded = compiled.open_module(module, "fuzz")
    loop, called, under_native, under_pyfuzz = [], [], [], []
    for number in range(rounds):
        both = same_inputs(native, module, runs, _SEED, folder, 1)
        executions = both.native.executions
        under_native.append(1e9 * both.native_s / executions)
        under_pyfuzz.append(1e9 * both.pyfuzz_s / executions)
        loop.append(_bare(native, inputs, executions, folder))
        called.append(_called(loaded, inputs))
        print(f"profile: round {number + 1}/{rounds}", file=sys.stderr, flush=True)
    return Layers(
        min(loop),
        min(called),
        min(under_native),
        min(under_pyfuzz),
        steps=both.native.steps / executions,
        empty=min(_empty_call_ns(loaded) for _ in range(rounds)),
    )


def _bare(native: Path, inputs: Path, executions: int, folder: Path) -> float:
    """Run the inputs in a loop as often as they were run, without an engine."""
    path = folder / "shared"
    with Shared(path, create=True) as shared:
        process = subprocess.Popen([str(native), "loop", str(path), str(inputs)])
        while shared.counts().executions < executions:
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)
        done = shared.counts().executions
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process.kill()
        process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1e9 * spent_s / done


def _called(module: compiled.Module, inputs: Path) -> float:
    """Call the module from Python, as its worker does, without an engine."""
    run = module.run_function
    data = list(recorded_inputs(inputs))
    start_ns = time.process_time_ns()
    for one in data:
        run(one, len(one))
    return (time.process_time_ns() - start_ns) / len(data)


def _empty_call_ns(module: compiled.Module) -> float:
    """Return the cost of an input without operations, called from Python."""
    run = module.run_function
    start_ns = time.process_time_ns()
    for _ in range(_EMPTY_CALLS):
        run(b"", 0)
    return (time.process_time_ns() - start_ns) / _EMPTY_CALLS


def files_of_functions(program: Path) -> dict[str, str]:
    """Return the name of the C file of each function of a program."""
    found: dict[str, str] = {}
    with program.open("rb") as file:
        for unit in ELFFile(file).get_dwarf_info().iter_CUs():
            top = unit.get_top_DIE()
            name = Path(top.attributes["DW_AT_name"].value.decode()).name
            for die in top.iter_children():
                if die.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in die.attributes:
                    found[_name(die)] = name
    return found


def _name(die: object) -> str:
    attributes = die.attributes  # type: ignore[attr-defined]
    if "DW_AT_name" in attributes:
        return str(attributes["DW_AT_name"].value.decode())
    origin = "DW_AT_abstract_origin"
    if origin in attributes:
        return _name(die.get_DIE_from_attribute(origin))  # type: ignore[attr-defined]
    return "?"


def part_of(symbol: str, files: dict[str, str], target: str) -> str:
    """Return the part of the harness that a sampled function belongs to."""
    if symbol.startswith("pyfuzz_adapter"):
        return _PARTS["adapter.h"]
    file = files.get(symbol.partition(".")[0], "")
    return _PARTS.get("target" if file == target else file, "everything else")


def samples(text: str) -> Iterator[tuple[float, str, str]]:
    """Yield share, file and symbol of each line of ``perf report -s dso,symbol``."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0].endswith("%"):
            yield float(words[0][:-1]), words[1], words[3]


def inside(target: catalogue.Target, inputs: Path, folder: Path) -> dict[str, float]:
    """Return the share of each part of the harness in a bare loop, in percent; needs perf."""
    native = native_program(target, engine.prepare("fuzz"))
    Shared(folder / "shared", create=True).close()
    out = folder / "perf.data"
    command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-o", str(out), "--"]
    command += ["timeout", "--signal=KILL", "6", str(native), "loop", str(folder / "shared")]
    subprocess.run([*command, str(inputs)], capture_output=True, check=False)
    done = subprocess.run(
        ["perf", "report", "-i", str(out), "--stdio", "-q", "-s", "dso,symbol"],
        capture_output=True,
        text=True,
        check=True,
    )
    files = files_of_functions(native)
    shares: dict[str, float] = {}
    for share, dso, symbol in samples(done.stdout):
        own = dso == native.name
        part = part_of(symbol, files, target.source.name) if own else "the C library and the kernel"
        shares[part] = shares.get(part, 0.0) + share
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def table(found: Layers) -> list[str]:
    """Return the layers as a table in Markdown."""
    rows = {
        "harness: decoding, operations, oracle, feedback": found.loop,
        "of that, an input without operations": found.empty,
        "libFuzzer: choosing, mutating, reading counters": found.native - found.loop,
        "atheris instead of native libFuzzer, Python's frame, cffi": found.pyfuzz - found.native,
        "total, as pyfuzz runs it": found.pyfuzz,
    }
    lines = ["| layer | ns per execution | share |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {value:,.0f} | {100 * value / found.pyfuzz:.1f} % |"
        for name, value in rows.items()
    ]
    text = _STEPS.format(
        steps=found.steps, per_step=found.loop / found.steps, called=found.called - found.loop
    )
    return [*lines, "", text]


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--target", default="v6.6")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=20_000, help="number of inputs")
    options = parser.parse_args()
    target = catalogue.get(options.target)
    with tempfile.TemporaryDirectory(prefix="pyfuzz-profile-") as name:
        folder = Path(name)
        engine.load()
        print("\n".join(table(layers(target, options.runs, options.rounds, folder))))
        if shutil.which("perf") is None:
            print("\nperf is missing: the harness is not broken down.")
            return
        shares = inside(target, folder / f"recorded-{_SEED}", folder)
    print("\n| inside the harness (bare loop) | share |\n|---|---:|")
    for part, share in shares.items():
        print(f"| {part} | {share:.1f} % |")


if __name__ == "__main__":
    main()
