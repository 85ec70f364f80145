# SPDX-License-Identifier: GPL-2.0-only
"""``python -m bench.cluster``: what a cluster costs, and what it survives (docs/cluster.md).

overhead       local:3, and three workers of a plain campaign, by turns
processors     who uses the processors in both
beside         what both execute in a second of processor time, at the same time
kills          kill -9 each Dask worker and the scheduler, in rounds
namespaces     the same with three Dask workers in network namespaces, by TLS (needs root)
sizes          what a share holds, and what larger clusters would move by that
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.dask_here import DaskHere, below, environment, is_slice, slices_below, wait_for
from pyfuzz import processes
from pyfuzz.cluster.job import Job, packed
from pyfuzz.cluster.slices import SLICE_S
from pyfuzz.module.shared import Shared
from pyfuzz.share.carrier import AT_ONCE
from pyfuzz.target import catalogue

_FUZZ = (sys.executable, "-P", "-m", "pyfuzz", "fuzz")
_FUZZES = "pyfuzz.campaign.worker"
_PLAIN = ("--world", "lists", "--no-report", "--no-sanitizer-worker", "--json")
INTERVAL_S = 5.0
# For a kill to be noticed and something new to run, on a machine that is busy.
_LIMIT_S = 300.0
_NETWORK = "10.213.7"
_NAMESPACES = ("pyfuzz-1", "pyfuzz-2", "pyfuzz-3")


def fuzz(folder: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    """Start a campaign."""
    return subprocess.Popen(
        [*_FUZZ, *_PLAIN, *words],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what a campaign printed, with its exit code."""
    out, text = process.communicate(timeout=900)
    assert out, text
    said: dict[str, Any] = json.loads(out)
    return {**said, "code": process.returncode}


def overhead(target: str, seconds: int, rounds: int) -> None:
    """Compare executions in the same time, by turns: plain, on Dask workers."""
    ways = {
        "plain, 3 workers": ["--workers", "3"],
        "cluster local:3": ["--cluster", "local:3", "--share", "share"],
    }
    print(f"{target}, {seconds} s each, load {os.getloadavg()[0]:.1f}")
    for number in range(rounds):
        for way, words in ways.items():
            with tempfile.TemporaryDirectory() as scratch:
                before = _cpu_s()
                said = result(
                    fuzz(
                        Path(scratch),
                        *(target, "--time", f"{seconds}s", "--seed", str(number + 1)),
                        *("--out", "run", *words),
                    )
                )
                cpu_s = _cpu_s() - before
                print(
                    f"{number + 1}  {way:24} {said['executions']:>10,} executions  "
                    f"{_while_fuzzing(Path(scratch), said):>8,.0f}/s while fuzzing  "
                    f"{cpu_s:>6.1f} processor seconds of all processes  "
                    f"load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )


def processors(target: str, seconds: int) -> None:
    """Show who uses the processors once all has started.

    What does not fuzz has the same work in each second, whatever it gets of a busy
    machine: as a percentage of a core, it does not depend on other load.  Nor does what
    starting takes.  What both mean for a machine that does nothing else is calculated.
    """
    costs = []
    for way in (["--workers", "3"], ["--cluster", "local:3", "--share", "share"]):
        with tempfile.TemporaryDirectory() as scratch:
            words = (target, "--time", f"{seconds}s", "--seed", "1", "--out", "run", *way)
            process, began_s = fuzz(Path(scratch), *words), time.monotonic()
            time.sleep(seconds * 0.6)
            first, first_s = _used(process.pid), time.monotonic()
            time.sleep(seconds * 0.35)
            last, last_s = _used(process.pid), time.monotonic()
            said = result(process)
        used = {kind: last[kind] - first.get(kind, 0.0) for kind in last}
        whole, elapsed_s = sum(used.values()), last_s - first_s
        print(f"{' '.join(way)}: {said['executions']:,} executions; of {whole:.1f} s of processor:")
        for kind, some_s in sorted(used.items(), key=lambda one: -one[1]):
            print(f"    {some_s / whole:6.1%} {some_s / elapsed_s:6.1%} of a core  {kind}")
        rate = (whole - used[_FUZZES]) / elapsed_s
        start_s = sum(first.values()) - first[_FUZZES] - rate * (first_s - began_s)
        print(f"    starting what does not fuzz: {start_s:.1f} s of processor", flush=True)
        costs.append((start_s, rate))
    (plain_s, plain_rate), (start_s, rate) = costs
    for cores in (2, 4, 16):
        parts = [
            f"{(start_s - plain_s + (rate - plain_rate) * time_s) / (cores * time_s):.1%} in "
            f"{time_s // 60} min"
            for time_s in (60, 600, 3600)
        ]
        print(f"so of {cores} cores with nothing else to do: {', '.join(parts)}")


def beside(target: str, seconds: int, rounds: int) -> None:
    """Run a plain campaign and one on local:3 at the same time; count what each executes.

    Each second of processor time counts, whoever gets it: so other load on the machine
    does not matter, nor how much of it each of the two campaigns gets.
    """
    ways = {"plain": ["--workers", "3"], "local:3": ["--cluster", "local:3", "--share", "share"]}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            started = {}
            for way, words in ways.items():
                folder = Path(name, way)
                folder.mkdir()
                some = (target, "--time", f"{seconds}s", "--seed", str(number + 1), "--out", "run")
                started[way] = fuzz(folder, *some, *words)
            time.sleep(seconds * 0.5)
            first = {way: _done(process.pid) for way, process in started.items()}
            time.sleep(seconds * 0.45)
            last = {way: _done(process.pid) for way, process in started.items()}
            for process in started.values():
                result(process)
        rates = {}
        for way in ways:
            executions, fuzzing_s = (last[way][at] - first[way][at] for at in (0, 1))
            rates[way] = executions / fuzzing_s
            print(
                f"{number + 1}  {way:8} {executions:>9,.0f} executions in {fuzzing_s:6.1f} s of "
                f"the processes that fuzz: {rates[way]:,.0f}/s",
                flush=True,
            )
        print(f"   local:3 / plain: {rates['local:3'] / rates['plain']:.3f}", flush=True)


def _done(process: int) -> tuple[float, float]:
    """Return what a command's fuzzing processes have executed, and their processor seconds."""
    executions, used_s = 0, 0.0
    for pid in below(process):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            files = [one.readlink() for one in Path(f"/proc/{pid}/map_files").iterdir()]
        except OSError:
            continue  # it has ended
        if _FUZZES in words:
            used_s += processes.usage(pid).cpu_s
            for path in {one for one in files if one.name.startswith("shared.")}:
                with Shared(path) as shared:
                    executions += shared.counts().executions
    return executions, used_s


def _used(process: int) -> dict[str, float]:
    """Return the processor seconds so far of a command's processes, by what they are."""
    used: defaultdict[str, float] = defaultdict(float)
    for pid in below(process):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue  # it has ended
        kind = next((one for one in words if one.startswith("pyfuzz")), "a Dask worker")
        used["the command" if pid == process else kind] += processes.usage(pid).cpu_s
    return used


def _while_fuzzing(folder: Path, said: dict[str, Any]) -> float:
    """Return executions per second without the start: a slice's time begins when it fuzzes."""
    slices = _beats(folder / "share")
    if not slices:
        return float(said["executions"] / said["seconds"])
    return float(sum(one["executions"] / one["seconds"] for one in slices))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _beats(share: Path) -> list[dict[str, Any]]:
    """Return the heartbeats of the slices that have fuzzed."""
    beats = [json.loads(path.read_text()) for path in share.glob("*/hosts/c????????-[0-9]*.json")]
    return [beat for beat in beats if beat["executions"]]


def _has_beats(share: Path, number: int) -> bool:
    return len(_beats(share)) >= number


def _has_another_slice(process: int, before: set[int]) -> bool:
    return bool(set(slices_below(process)) - before)


def _stored(share: Path) -> set[str]:
    kinds = ("inputs", "findings")
    return {str(path) for kind in kinds for path in share.glob(f"*/{kind}/[!.]*")}


def kills(target: str, rounds: int, seconds: int) -> None:
    """Run a campaign again and again in one run folder, killing what it runs on.

    A round goes on for ``seconds`` after the last kill, and is then interrupted: how long
    each kill takes to be noticed depends on what else the machine does.
    """
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        dask = DaskHere(folder)
        stack.callback(dask.close)
        _rounds(target, rounds, seconds, folder, dask, [()] * 3, {})


def _rounds(
    target: str,
    rounds: int,
    seconds: int,
    folder: Path,
    dask: DaskHere,
    places: list[tuple[str, ...]],
    variables: dict[str, str],
) -> None:
    share, found = folder / "share", set[tuple[str, str]]()
    lost = 0
    for number in range(rounds):
        hosts = [f"{_NETWORK}.{10 + at}" if own else None for at, own in enumerate(places)]
        for own, host in zip(places, hosts, strict=True):
            dask.add_worker(own, host)
        before_beats = len(_beats(share))
        words = (target, "--time", "1h", "--seed", str(number + 1), "--out", "run")
        process = fuzz(
            folder, *words, "--cluster", dask.address, "--share", str(share), **variables
        )
        wait_for(partial(_has_beats, share, before_beats + 3), _LIMIT_S)
        killed: list[int] = []
        for worker in dask.workers:
            stored = _stored(share)
            of = slices_below(worker.pid)
            killed += of
            for above in of.values():
                os.kill(above, signal.SIGKILL)
            wait_for(partial(_has_another_slice, worker.pid, set(of)), _LIMIT_S)
            lost += len(stored - _stored(share))
        killed += [pid for worker in dask.workers for pid in slices_below(worker.pid)]
        stored = _stored(share)
        dask.scheduler.send_signal(signal.SIGKILL)
        dask.scheduler.wait()
        for worker in dask.workers:
            worker.kill()
            worker.wait()
        dask.workers.clear()
        dask.start_scheduler()
        for own, host in zip(places, hosts, strict=True):
            dask.add_worker(own, host)
        for worker in dask.workers:
            wait_for(partial(_has_another_slice, worker.pid, set()), _LIMIT_S)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        said = result(process)
        lost += len(stored - _stored(share))
        now = {(one["kind"], one["function"]) for one in said["findings"]}
        same = Counter((one["kind"], *one["operations"]) for one in said["findings"])
        for worker in dask.workers:
            worker.kill()
            worker.wait()
        dask.workers.clear()
        time.sleep(1)
        left = [pid for pid in killed if is_slice(pid)]
        print(
            f"round {number + 1}: exit code {said['code']}, {len(said['findings'])} findings, "
            f"{len(found - now)} of before are missing, {sum(same.values()) - len(same)} twice; "
            f"{len(_stored(share))} objects in the share, {lost} lost; "
            f"{said['executions']:,} executions, "
            f"{sum(one['started'] for one in said['by_worker'])} slices; {len(left)} left running",
            flush=True,
        )
        for note in said["notes"]:
            print(f"    {note}")
        found |= now


def namespaces(target: str, rounds: int, seconds: int) -> None:
    """Do the same where each Dask worker has a network of its own, joined by a bridge."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        variables = _certificates(folder)
        stack.enter_context(_network())
        dask = DaskHere(folder, f"{_NETWORK}.1", "tls", variables)
        stack.callback(dask.close)
        places: list[tuple[str, ...]] = [("ip", "netns", "exec", one) for one in _NAMESPACES]
        _rounds(target, rounds, seconds, folder, dask, places, variables)


@contextmanager
def _network() -> Iterator[None]:
    def ip(words: str) -> None:
        subprocess.run(["ip", *words.split()], check=True)

    try:
        ip("link add pyfuzz-br type bridge")
        ip(f"addr add {_NETWORK}.1/24 dev pyfuzz-br")
        ip("link set pyfuzz-br up")
        for at, one in enumerate(_NAMESPACES):
            ip(f"netns add {one}")
            ip(f"link add pyfuzz-v{at} type veth peer name eth0 netns {one}")
            ip(f"link set pyfuzz-v{at} master pyfuzz-br up")
            ip(f"-n {one} addr add {_NETWORK}.{10 + at}/24 dev eth0")
            ip(f"-n {one} link set eth0 up")
            ip(f"-n {one} link set lo up")
        yield
    finally:
        for one in _NAMESPACES:
            subprocess.run(["ip", "netns", "del", one], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "link", "del", "pyfuzz-br"], check=False, stderr=subprocess.DEVNULL)


def _certificates(folder: Path) -> dict[str, str]:
    """Make one certificate for all, as Dask's documentation does; return Dask's settings."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=pyfuzz -days 2"
    command = ["openssl", *words.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    settings = {"CA_FILE": certificate}
    for role in ("CLIENT", "SCHEDULER", "WORKER"):
        settings |= {f"{role}__CERT": certificate, f"{role}__KEY": key}
    return {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(one) for name, one in settings.items()}


def sizes(share: Path) -> None:
    """Print what a campaign moved, and what more machines would move at that rate."""
    (target,) = [path for path in share.iterdir() if (path / "hosts").is_dir()]
    beats = _beats(share)
    seconds = sum(beat["seconds"] for beat in beats) / len(beats)
    sent = sum(beat["sent"] for beat in beats) / len(beats)
    print(f"{len(beats)} slices of {seconds:.0f} s, {sent:.0f} inputs sent by each")
    bytes_of = {}
    for what in ("inputs/[!.]*", "findings/[!.]*", "hosts/c*.json"):
        some = [path.stat().st_size for path in target.glob(what)]
        bytes_of[what] = sum(some) / max(1, len(some))
        print(f"{len(some)} {what.partition('/')[0]} of {bytes_of[what]:,.0f} bytes")
    job = len(_job().text())
    print(f"a slice's job for the scheduler: {job:,} bytes and the C code of a kernel")
    for machines in (3, 100, 10_000):
        inputs = machines * sent
        rounds = max(1.0, inputs / AT_ONCE)
        print(
            f"{machines:,} slices: every {INTERVAL_S:.0f} s {3 * machines:,} calls of the store, "
            f"{machines * bytes_of['hosts/c*.json'] / 1e6:,.2f} MB of heartbeats; "
            f"{inputs:,.0f} inputs in {seconds:.0f} s, read {machines * inputs:,.0f} times "
            f"({machines * inputs * bytes_of['inputs/[!.]*'] / 1e9:,.2f} GB), {rounds:,.0f} rounds "
            f"for each slice, {rounds * INTERVAL_S / 60:,.0f} minutes; "
            f"the scheduler gets {machines / SLICE_S:,.2f} jobs/s, "
            f"{machines * job / SLICE_S:,.0f} B/s"
        )


def _job() -> Job:
    portable, source = packed(catalogue.get("v6.6"))
    return Job(
        label="c01234567-10000-",
        url="s3://bucket/place",
        key="0" * 32,
        target=portable,
        source=source,
        faults=False,
        flavour="fuzz",
        seed=1,
        workers=1,
        first_worker=0,
        seconds=600.0,
        memory_mb=2048,
        check=False,
    )


def main() -> None:
    """Run the part that the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "part", choices=["overhead", "processors", "beside", "kills", "namespaces", "sizes"]
    )
    parser.add_argument("--target", default="rfc-v2")
    parser.add_argument("--time", type=int, default=60, metavar="SECONDS", help="see each part")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--share", type=Path)
    given = parser.parse_args()
    if given.part == "overhead":
        overhead(given.target, given.time, given.rounds)
    elif given.part == "processors":
        processors(given.target, given.time)
    elif given.part == "beside":
        beside(given.target, given.time, given.rounds)
    elif given.part == "kills":
        kills(given.target, given.rounds, given.time)
    elif given.part == "namespaces":
        namespaces(given.target, given.rounds, given.time)
    else:
        sizes(given.share)


if __name__ == "__main__":
    main()
