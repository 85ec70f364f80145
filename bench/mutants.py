# SPDX-License-Identifier: GPL-2.0-only
"""``make mutants``: write docs/mutants-catalogue.md, all mutants of every target."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pyfuzz.extract import extract
from pyfuzz.mutants import experiment, summary
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

PORTS = ("v6.6", "v6.15", "rfc-v4", "v5.10", "pages")


def section(target: Target, command: str, options: argparse.Namespace) -> str:
    """Measure one target; return its part of the page."""
    result = experiment.run(
        experiment.Options(target, options.seconds, options.trials, options.seed),
        lambda outcome, _: print(summary.line(outcome), file=sys.stderr, flush=True),
    )
    return f"## `{command}`\n\n{summary.totals(result)}.\n\n{summary.as_markdown(result)}\n"


def main() -> None:
    """Measure, and print the page."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--kernel", type=Path, action="append", default=[])
    parser.add_argument("--seconds", type=float, default=20.0, help="of processor time, each trial")
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1, help="of the first trial")
    options = parser.parse_args()
    print("<!-- SPDX-License-Identifier: GPL-2.0-only -->")
    print("# Mutants, as measured\n\nWritten by `make mutants`; see docs/mutants.md.\n")
    for name in PORTS:
        print(section(catalogue.get(name), f"pyfuzz mutants {name}", options))
    for kernel in options.kernel:
        command = f"pyfuzz mutants --kernel {kernel.name}"
        print(section(extract(kernel).target, command, options))


if __name__ == "__main__":
    main()
