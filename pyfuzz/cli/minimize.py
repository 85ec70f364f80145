# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz minimize``: find the shortest sequence with the same finding."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pyfuzz.cli.options import declared, kernel_options, kind_of, known_option, target_of
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside
from pyfuzz.finding.minimize import DEFAULT_BUDGET_RUNS, choose, minimize_in
from pyfuzz.replay.runner import Runner
from pyfuzz.sequence import container
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel


@click.command("minimize")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--target", help=f"Target to run on.  [default: {catalogue.DEFAULT}]")
@kernel_options("Kernel to run on")
@click.option("--kind", help="The finding's kind.  [default: the first that is not known]")
@click.option("--function", help="The finding's function.  [default: the first of that kind]")
@click.option("--sanitize", is_flag=True, help="Run with AddressSanitizer and bounds checks.")
@known_option
@click.option(
    "--runs",
    type=click.IntRange(1),
    default=DEFAULT_BUDGET_RUNS,
    show_default=True,
    help="Limit on the number of runs.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
def minimize(
    file: Path,
    target: str | None,
    kernel: Kernel | None,
    kind: str | None,
    function: str | None,
    sanitize: bool,
    known_files: tuple[Path, ...],
    runs: int,
    output: Path | None,
    force: bool,
) -> None:
    """Print the shortest sequence with the same finding as FILE.

    The finding keeps its kind and its place in the target, so that it cannot
    drift to another bug.  If FILE has several, the first that is not known is
    minimized.
    """
    if output is not None and output.exists() and not force:
        raise UsageError(f"{output}: already exists; name another with -o, or give --force")
    wanted = None if kind is None else kind_of(kind)
    entries = declared(known_files)
    source = container.read(file)
    chosen = target_of(target, kernel, source.input.encoding.world).knowing(entries)
    with Runner(chosen, "sanitize" if sanitize else "fuzz") as runner:
        findings = runner.run(source.input)
        finding = choose(findings, chosen, wanted, function, str(file))
        shortest = minimize_in(
            runner,
            source.operations,
            kind=finding.kind,
            function=finding.function,
            signature=finding.signature,
            budget_runs=runs,
        )
    comment = f"# {finding.title} on {chosen.name}\n"
    text = container.to_text(shortest).replace("\n", "\n" + comment, 1)
    before, after = len(source.operations), len(shortest)
    print(
        f"{finding.title}: {before} operations before, {after} after",
        file=sys.stderr,
    )
    _give(text, output)


def _give(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        write_beside(output, text.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{output}: cannot write: {reason}; name another with -o") from error
