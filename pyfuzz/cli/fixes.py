# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz fixes``: which fixes of the past a kernel has."""

from __future__ import annotations

import json
import sys

import click

from pyfuzz import fixes as known_fixes
from pyfuzz.cli.options import json_or_ktap, kernel_options, target_of
from pyfuzz.errors import UsageError
from pyfuzz.export import ktap
from pyfuzz.target.kernel import Kernel
from pyfuzz.text import wrapped

_WORDS = {
    known_fixes.FIXED: "fixed",
    known_fixes.NOT_FIXED: "NOT FIXED",
    known_fixes.CANNOT_TELL: "cannot tell",
}


@click.command("fixes")
@kernel_options("Kernel to test")
@click.option("--target", help="Port to test instead of a kernel, such as pages.")
@json_or_ktap
def fixes(kernel: Kernel | None, target: str | None, as_json: bool, as_ktap: bool) -> int:
    """Tell which fixes of the past a kernel has, by running its code.

    Exit code 0: no fix is known to be missing; 1: one is missing; 2: nothing can be told.
    """
    if kernel is None and target is None:
        raise UsageError("no kernel is given: give --kernel PATH, or a port with --target pages")
    chosen = target_of(target, kernel, "pages")
    found = []
    for state in known_fixes.states(chosen, known_fixes.catalogue()):
        found.append(state)
        if not as_json and not as_ktap:
            print("\n".join(_lines(state)))
            sys.stdout.flush()
    if as_json:
        print(json.dumps(_as_object(str(kernel or target), found), indent=2))
    if as_ktap:
        print(ktap.render([_point(state) for state in found]))
    if all(state.state == known_fixes.CANNOT_TELL for state in found):
        return 2
    return int(any(state.state == known_fixes.NOT_FIXED for state in found))


def _lines(state: known_fixes.State) -> list[str]:
    fix = state.fix
    name = " ".join(word for word in (fix.commit, fix.cve) if word)
    lines = [f"{_WORDS[state.state]:<15} {name}", *wrapped(fix.subject, " " * 16)]
    if state.why:
        lines += wrapped(state.why, " " * 16)
    return lines


def _point(state: known_fixes.State) -> ktap.Point:
    fix = state.fix
    return ktap.Point(
        " ".join(word for word in (fix.commit, fix.cve, fix.subject) if word),
        passed=state.state != known_fixes.NOT_FIXED,
        directive="SKIP" if state.state == known_fixes.CANNOT_TELL else "",
        why=state.why,
    )


def _as_object(kernel: str, found: list[known_fixes.State]) -> dict[str, object]:
    return {
        "kernel": kernel,
        "fixes": [
            {
                "commit": state.fix.commit,
                "cve": state.fix.cve or None,
                "subject": state.fix.subject,
                "state": state.state,
                "why": state.why or None,
                "sequence": state.fix.sequence or None,
            }
            for state in found
        ],
    }
