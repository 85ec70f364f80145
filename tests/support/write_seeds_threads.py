# SPDX-License-Identifier: GPL-2.0-only
"""Rewrite the seeds of the world threads in corpus/seeds; those of other worlds stay.

    .venv/bin/python tests/support/write_seeds_threads.py

Candidates: every writer beside every other operation, on lists of each form, with no
switch, one, and one there and back; and random ones of up to four fibers.  Kept are few
that together reach every edge, and every pair of places that use one word, that all of
them reach.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from itertools import product

from pyfuzz import paths
from pyfuzz.corpus.set_cover import Candidate, cover
from pyfuzz.corpus.survey import Reached, survey
from pyfuzz.sequence import container
from pyfuzz.sequence.input import Encoding, Input
from pyfuzz.target import catalogue
from pyfuzz.worlds.threads.binary import encode
from pyfuzz.worlds.threads.operation import (
    FIBERS,
    READERS,
    WALKERS,
    WRITERS,
    Operation,
    Sequence,
    Switch,
    What,
    lines_of,
)

WORLD = "threads"
_HARDWARE = (What.ACCESS, What.DIRTY)
_RANDOM = 8000
_LENGTHS = (0, 1, 2, 14, 15, 28, 29)
_AWAY = (1, 3, 5, 8, 12, 20, 40)
_BACK = (2, 4, 7, 11)


def candidates() -> Iterator[bytes]:
    """Yield sequences, shortest schedules first."""
    others = (*WALKERS, *READERS, *_HARDWARE, What.ADD)
    schedules: list[tuple[Switch, ...]] = [()]
    schedules += [(Switch(0, away, 1),) for away in _AWAY]
    schedules += [(Switch(0, away, 1), Switch(1, back, 0)) for away, back in product(_AWAY, _BACK)]
    for switches, entries, writer, other in product(schedules, _LENGTHS, WRITERS, others):
        for ad in (True, False) if not switches else (True,):
            fibers = ((Operation(writer),), (Operation(other),))
            yield encode(lines_of(Sequence(entries, fibers, switches, ad=ad)))
    chance = random.Random(20260515)
    for _ in range(_RANDOM):
        yield encode(lines_of(_drawn(chance)))


def _drawn(chance: random.Random) -> Sequence:
    """Draw a writer and one to three others, a few operations each, and up to four switches."""
    number = chance.randint(2, FIBERS)
    fibers = []
    for fiber in range(number):
        some = WRITERS if fiber == 0 or chance.random() < 0.2 else (*WALKERS, *READERS, *_HARDWARE)
        whats = chance.choices(some, k=chance.randint(1, 3))
        fibers.append(tuple(Operation(what, chance.randint(0, 3)) for what in whats))
    switches = tuple(
        Switch(chance.randrange(number), chance.randint(1, 60), chance.randrange(number))
        for _ in range(chance.randint(0, 4))
    )
    reuse, tso = chance.random() < 0.25, chance.random() < 0.25
    entries = chance.choice(_LENGTHS)
    return Sequence(entries, tuple(fibers), switches, reuse=reuse, tso=tso)


def main() -> None:
    """Write the files."""
    folder = paths.corpus() / "seeds"
    made = [Input(data, Encoding(WORLD)) for data in dict.fromkeys(candidates())]
    found = survey(catalogue.get("v6.15", WORLD), "fuzz", made)
    clean = [
        (one, reached.covers)
        for one, reached in zip(made, found.results, strict=True)
        if isinstance(reached, Reached) and not reached.findings
    ]
    kept = cover([Candidate(one.payload, _hit(covers)) for one, covers in clean])
    for old in container.read_folder(folder, print):
        if old.input.encoding.world == WORLD:
            old.path.unlink()
    for number in kept:
        one, _ = clean[number]
        name = hashlib.sha256(one.payload).hexdigest()[:12]
        (folder / f"{name}.pyfz").write_bytes(container.pack(one))
    size = sum(len(clean[number][0].payload) for number in kept)
    print(f"{folder}: {len(kept)} of {len(made)} inputs, {size} bytes")


def _hit(covers: int) -> int:
    """Return one bit for each counter that is not 0: how often does not matter here."""
    some = covers | covers >> 4
    some |= some >> 2
    some |= some >> 1
    return some & int.from_bytes(b"\1" * ((covers.bit_length() + 7) // 8 or 1), "little")


if __name__ == "__main__":
    main()
