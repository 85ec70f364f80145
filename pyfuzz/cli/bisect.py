# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz bisect``: one step of ``git bisect run``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pyfuzz.ci import step
from pyfuzz.ci.step import Answer, Sought, Word
from pyfuzz.cli.options import declared, kernel_options, kind_of, known_option, target_of
from pyfuzz.cli.sides import kernel_of, target_of_side
from pyfuzz.compare.pair import Level, pair_of
from pyfuzz.errors import PyfuzzError, UsageError
from pyfuzz.module import builder, compiler
from pyfuzz.sequence import container
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel

# Git reads 1 to 127, except for 125, as "bad", and ends the bisection at any other.
_END = 255


class _Step(click.Command):
    """A command whose own errors end the bisection and never count as a bad revision."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.ClickException as error:
            raise _ended(error.format_message()) from None

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort):
            raise
        except PyfuzzError as error:
            raise _ended(str(error)) from None
        except Exception as error:  # whatever it is, the revision is not bad
            raise _ended(f"{type(error).__name__}: {error}; this is a bug in pyfuzz") from error


@click.command("bisect", cls=_Step)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--target", help="Target to run on, instead of a kernel.")
@kernel_options(help="The kernel at this revision, usually '.'.")
@click.option("--kind", help="Kind of finding that means bad.  [default: any that is not known]")
@click.option("--function", help="Function whose findings mean bad.  [default: any]")
@click.option(
    "--times",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Number of runs, which must agree.",
)
@click.option(
    "--against",
    metavar="A",
    help="A revision that differs from this target or kernel is bad, see pyfuzz compare.",
)
@click.option(
    "--level",
    type=click.Choice([level.name.lower() for level in Level]),
    default="observable",
    show_default=True,
    help="With --against: how much of a list is compared.",
)
@click.option("--sanitize", is_flag=True, help="Run with AddressSanitizer and bounds checks.")
@known_option
def bisect(
    file: Path,
    target: str | None,
    kernel: Kernel | None,
    kind: str | None,
    function: str | None,
    times: int,
    against: str | None,
    level: str,
    sanitize: bool,
    known_files: tuple[Path, ...],
) -> int:
    """Test whether this revision has the bug that FILE shows, for git bisect run.

    With --against, whether FILE shows a difference from another kernel.

    Exit code 0: good, no run shows it; 1: bad, every run does; 125: skip,
    because the runs disagree, show something else, or the revision does not
    build; 255: the command itself is wrong, which ends the bisection.
    """
    if target is None and kernel is None:
        raise UsageError("neither --kernel nor --target is given: give --kernel .")
    if target is not None:
        catalogue.get(target)
    sought = Sought(None if kind is None else kind_of(kind), function)
    entries = declared(known_files)
    source = container.read(file)
    compiler.find()  # without one, no revision builds
    reference = None
    if against is not None:
        reference = target_of_side(against, kernel_of(against, world=_world(kernel)))
        builder.build(reference)
    try:
        chosen = target_of(target, kernel)
        if reference is not None:
            chosen = pair_of(reference, chosen, Level[level.upper()], ()).target
        chosen = chosen.knowing(entries)
        answer = step.ask(source, chosen, "sanitize" if sanitize else "fuzz", sought, times)
    except PyfuzzError as error:
        answer = Answer(Word.SKIP, str(error))
    print(f"{answer.word.value}: {answer.why}")
    sys.stdout.flush()
    return answer.word.code


def _world(kernel: Kernel | None) -> str | None:
    return None if kernel is None else kernel.world


def _ended(message: str) -> click.exceptions.Exit:
    print(f"pyfuzz: {' '.join(message.split())}", file=sys.stderr)
    return click.exceptions.Exit(_END)
