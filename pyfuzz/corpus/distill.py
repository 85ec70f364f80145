# SPDX-License-Identifier: GPL-2.0-only
"""Finds the few inputs of a corpus that reach as much as all of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyfuzz.corpus import entry as corpus_file
from pyfuzz.corpus.set_cover import Candidate, cover, union
from pyfuzz.corpus.survey import HANG_LIMIT_S, Reached, Survey, survey
from pyfuzz.errors import UsageError
from pyfuzz.module.results import RawFinding
from pyfuzz.sequence.input import DEFAULT, Encoding, Input

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from pyfuzz.target.catalogue import Target


@dataclass(frozen=True, slots=True)
class Distilled:
    """What to do with each input; every given path is in one of the first four.

    ``kept`` together reach what all measured inputs reach, and include those that
    there was no time to measure (``unmeasured`` counts them).  ``dropped`` add
    nothing.  ``unreadable`` come with the reason in one line, ``fatal`` inputs,
    which kill the process that runs them, with the finding.  ``edges``, ``states``
    and ``features`` are what was reached, which is the same before and after.
    """

    kept: tuple[Path, ...]
    dropped: tuple[Path, ...]
    unreadable: tuple[tuple[Path, str], ...]
    fatal: tuple[tuple[Path, RawFinding], ...]
    edges: int
    states: int
    features: int
    unmeasured: int = 0

    @property
    def counts(self) -> int:
        """Features that are a counter hit more often, beyond the edges and states."""
        return self.features - self.edges - self.states


def distill(
    target: Target,
    flavour: str,
    paths: Iterable[Path],
    *,
    pinned: Collection[Path] = (),
    encoding: Encoding = DEFAULT,
    limit_s: float | None = None,
    hang_limit_s: float = HANG_LIMIT_S,
) -> Distilled:
    """Choose the inputs that keep the edges and states (features, see pyfuzz.corpus.survey) of all.

    Nothing is written or removed: that is up to the caller.  ``pinned`` are kept
    whatever they add, and others only for what they add to these: a
    campaign's are corpus_file.seeds_in(corpus), which its next start stores
    again anyway.  ``encoding`` is that of engine inputs.  The same
    files give the same result, unless the time limit is reached.
    Errors: UsageError or HarnessError as loading the target does; OSError if
    there is no room for a temporary file.
    """
    readable: list[tuple[Path, Input]] = []
    unreadable: list[tuple[Path, str]] = []
    for path in sorted(set(paths)):
        try:
            readable.append((path, corpus_file.read_input(path, encoding)))
        except UsageError as error:
            unreadable.append((path, str(error)))
    if not readable:
        return Distilled((), (), tuple(unreadable), (), 0, 0, 0)
    # Short ones first: there may not be time for all.
    readable.sort(key=lambda pair: (len(pair[1].payload), pair[1].payload, pair[0]))
    inputs = [one for _, one in readable]
    found = survey(target, flavour, inputs, limit_s=limit_s, hang_limit_s=hang_limit_s)
    return replace(choose(readable, found, pinned), unreadable=tuple(unreadable))


def choose(
    inputs: Sequence[tuple[Path, Input]], found: Survey, pinned: Collection[Path] = ()
) -> Distilled:
    """Choose among inputs that a survey has measured, see distill()."""
    stays = set(pinned)
    kept: list[Path] = []
    fatal: list[tuple[Path, RawFinding]] = []
    free: list[tuple[Path, Candidate]] = []
    unmeasured, covered = 0, 0
    for (path, one), result in zip(inputs, found.results, strict=True):
        if isinstance(result, RawFinding):
            fatal.append((path, result))
        elif not isinstance(result, Reached):
            unmeasured += 1
            kept.append(path)
        elif path in stays:
            covered |= result.covers
            kept.append(path)
        else:
            free.append((path, Candidate(one.payload, result.covers)))
    chosen = set(cover([candidate for _, candidate in free], covered))
    kept += [path for place, (path, _) in enumerate(free) if place in chosen]
    covered |= union(candidate.covers for _, candidate in free)
    return Distilled(
        tuple(sorted(kept)),
        tuple(path for place, (path, _) in enumerate(free) if place not in chosen),
        (),
        tuple(fatal),
        found.edges(covered),
        found.states(covered),
        covered.bit_count(),
        unmeasured,
    )
