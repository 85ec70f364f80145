# SPDX-License-Identifier: GPL-2.0-only
"""Rewrite the seeds of the world lists: the few of every_state's that reach as much as all.

    .venv/bin/python tests/support/write_seeds.py

Greedy: repeatedly choose the input that reaches most new edges and states for its
size, on all ports together; a fork tries what an input would reach.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import tempfile
from pathlib import Path

from every_state import every_state

from pyfuzz import paths
from pyfuzz.module import compiled
from pyfuzz.module.shared import Shared
from pyfuzz.sequence import container
from pyfuzz.sequence.input import DEFAULT, Input
from pyfuzz.target import catalogue

# The cost of a file in addition to its bytes.
_FILE_BYTES = 48


class Ports:
    """All ports in this process, and what they have reached."""

    def __init__(self, folder: Path) -> None:
        self._modules = [compiled.load(t) for t in catalogue.TARGETS.values() if t.builds]
        self._shared = []
        for number, module in enumerate(self._modules):
            shared = Shared(folder / str(number), create=True)
            module.attach(shared.buffer)
            self._shared.append(shared)

    def run(self, data: bytes) -> None:
        """Run an input on every port."""
        for module in self._modules:
            module.run(data)

    def reached(self) -> int:
        """Return the edges and states of all ports."""
        counts = [shared.counts() for shared in self._shared]
        return sum(count.edges + count.states for count in counts)

    def gain(self, data: bytes) -> int:
        """Return how much more an input would reach."""
        before = self.reached()
        read, write = os.pipe()
        child = os.fork()
        if not child:
            # The regions are shared with the parent, so restore them.
            kept = [bytes(shared.buffer) for shared in self._shared]
            self.run(data)
            os.write(write, self.reached().to_bytes(4, "little"))
            for shared, region in zip(self._shared, kept, strict=True):
                shared.buffer[:] = region
            os._exit(0)
        os.waitpid(child, 0)
        after = int.from_bytes(os.read(read, 4), "little")
        os.close(read)
        os.close(write)
        return after - before


def choose(candidates: list[bytes], ports: Ports) -> list[bytes]:
    """Return the candidates to keep.

    The gain of an input only decreases, so if the last known gain of one is the
    best, the others need not be tried.
    """
    ports.run(b"")
    heap = [(-ports.gain(data) / (len(data) + _FILE_BYTES), data) for data in candidates]
    heapq.heapify(heap)
    chosen = []
    while heap:
        _, data = heapq.heappop(heap)
        gain = ports.gain(data)
        worth = -gain / (len(data) + _FILE_BYTES)
        if not gain:
            continue
        if heap and worth > heap[0][0]:
            heapq.heappush(heap, (worth, data))
            continue
        ports.run(data)
        chosen.append(data)
    return chosen


def main() -> None:
    """Write the folder."""
    folder = paths.corpus() / "seeds"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        seeds = choose(every_state(), Ports(Path(scratch)))
    for old in container.read_folder(folder, print):
        if old.input.encoding == DEFAULT:
            old.path.unlink()
    for data in seeds:
        name = hashlib.sha256(data).hexdigest()[:12]
        (folder / f"{name}.pyfz").write_bytes(container.pack(Input(data)))
    print(f"{folder}: {len(seeds)} inputs, {sum(map(len, seeds))} bytes")


if __name__ == "__main__":
    main()
