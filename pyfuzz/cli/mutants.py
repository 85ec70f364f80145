# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz mutants``: planted faults, and how soon each is found."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pyfuzz.cli.options import duration, kernel_options, target_of
from pyfuzz.target.kernel import Kernel


@click.command()
@click.argument("target", required=False)
@kernel_options("Plant in real code")
@click.option(
    "--time-per-fault",
    "seconds",
    type=duration,
    default="20s",
    show_default=True,
    help="Processor time for each trial.",
)
@click.option(
    "--trials", type=click.IntRange(1, 1000), default=1, show_default=True, help="For each fault."
)
@click.option(
    "--seed",
    type=click.IntRange(1, 2**31),
    default=1,
    show_default=True,
    help="Of the first trial; the next has the next number.",
)
@click.option("--only", multiple=True, metavar="NAME", help="This fault; can be repeated.")
@click.option("--mechanical", is_flag=True, help="Also faults made by rule from the source.")
@click.option("--list", "just_list", is_flag=True, help="Name the faults, and plant none.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write a table to this file.")
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Write a page that can be mailed."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def mutants(
    target: str | None,
    kernel: Kernel | None,
    seconds: float,
    trials: int,
    seed: int,
    only: tuple[str, ...],
    mechanical: bool,
    just_list: bool,
    markdown: Path | None,
    page: Path | None,
    as_json: bool,
) -> int:
    """Plant faults in TARGET, or in a kernel of yours, and time how each is found.

    Exit code 0: every fault was found in every trial; 1: one was missed.
    """
    from pyfuzz.mutants import campaign, report  # noqa: PLC0415 (brings the C parser)
    from pyfuzz.mutants.sources import Source  # noqa: PLC0415

    chosen = target_of(target, kernel)
    options = campaign.Options(chosen, seconds, trials, seed, only, mechanical)
    if just_list:
        for fault in campaign.faults_of(Source(chosen), options):
            print(f"{fault.name:26} {fault.what}")
        return 0
    done = 0

    def progress(outcome: campaign.Outcome, total: int) -> None:
        nonlocal done
        done += 1
        print(f"[{done}/{total}] {report.line(outcome)}", file=sys.stderr, flush=True)

    result = campaign.run(options, progress)
    for outcome in result.outcomes:
        if outcome.trouble:
            print(outcome.trouble, file=sys.stderr)
    if markdown:
        markdown.write_text(report.as_markdown(result) + "\n")
    if page:
        # A page takes jinja2 with it, which nothing else here needs.
        from pyfuzz.mutants.page import render  # noqa: PLC0415

        page.write_text(render(result))
    print(report.summary(result), file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps(report.as_object(result), indent=2))
    return 1 if report.missed(result) else 0
