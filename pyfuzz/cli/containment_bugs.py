# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz containment --bug``: what real bugs come to on each target."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

from pyfuzz.cli.options import target_of
from pyfuzz.containment import bugs
from pyfuzz.containment.bugs import BugCell
from pyfuzz.errors import UsageError
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

WORLD = "pages"


def show(
    names: Sequence[str], targets: Sequence[str], kernels: Sequence[Kernel], *, as_json: bool
) -> int:
    """Print the matrix of bugs and targets; return 1 if a fix leaves something of its bug."""
    chosen = bugs.catalogue(names)
    began_s = time.monotonic()
    cells = bugs.find(_targets(targets, kernels), chosen, _progress)
    stream = sys.stderr if as_json else sys.stdout
    print("\n".join(bugs.markdown(cells)), file=stream)
    print("", *bugs.examples(cells), sep="\n", file=stream)
    left = [cell for cell in cells if cell.fixed]
    print(f"\n{_verdict(left)}; {time.monotonic() - began_s:.0f} s", file=stream)
    if as_json:
        print(json.dumps({"bugs": [cell.as_object() for cell in cells]}, indent=1))
    return int(bool(left))


def _targets(names: Sequence[str], kernels: Sequence[Kernel]) -> list[Target]:
    ports = [one for one in catalogue.OTHER_WORLDS.values() if one.world == WORLD]
    if tuple(names) != ("all",) and (names or kernels):
        ports = [catalogue.get(name) for name in dict.fromkeys(names)]
    for port in ports:
        if port.world != WORLD:
            raise UsageError(
                f"'{port.name}' is a target of the world {port.world}: with --bug, name one of the "
                f"world {WORLD}, such as {catalogue.DEFAULTS[WORLD]}"
            )
    return [*ports, *(target_of(None, kernel, WORLD) for kernel in kernels)]


def _progress(cell: BugCell) -> None:
    if sys.stderr.isatty():
        name = cell.fix.cve or cell.fix.commit
        print(f"{cell.target}, {name}: {cell.sign or cell.how}", file=sys.stderr, flush=True)


def _verdict(left: Sequence[BugCell]) -> str:
    if not left:
        return "verdict: with its fix, no bug comes to anything"
    shown = ", ".join(f"{cell.target} {cell.fix.commit}" for cell in left)
    return f"verdict: finding: something is left with the fix: {shown}"
