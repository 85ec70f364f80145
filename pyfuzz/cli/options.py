# SPDX-License-Identifier: GPL-2.0-only
"""Options and values that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pyfuzz import world
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.target import catalogue, known_findings
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel
from pyfuzz.target.known_findings import Known

if TYPE_CHECKING:
    from pyfuzz.extract import Extraction
    from pyfuzz.extract.pages import PagesExtraction

_Command = Callable[..., Any]
_Option = Callable[[Any], Any]

known_option = click.option(
    "--known",
    "known_files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="More known findings (TOML), besides the shipped ones.  Repeatable.",
)


def kernel_options(
    what: str = "", *, help: str = "", required: bool = False
) -> Callable[[_Command], _Command]:
    """Add the options that name a kernel; the command gets them as one value, ``kernel``.

    ``what`` begins the help of ``--kernel``; ``help`` replaces it.
    """

    def decorate(command: _Command) -> _Command:
        @wraps(command)
        def with_kernel(
            *args: Any,
            kernel: Path | None,
            bug_on_data_corruption: bool,
            patches: tuple[Path, ...],
            **others: Any,
        ) -> Any:
            asked = _kernel(kernel, bug_on_data_corruption, patches)
            return command(*args, kernel=asked, **others)

        options = [
            click.option(
                "--kernel",
                required=required,
                type=click.Path(path_type=Path),
                help=help
                or f"{what}: a kernel tree, a source tarball, one mmu.c, or REPOSITORY@REV.",
            ),
            click.option(
                "--bug-on-data-corruption",
                is_flag=True,
                help="Build the kernel's code as with CONFIG_BUG_ON_DATA_CORRUPTION=y.",
            ),
            click.option(
                "--patch",
                "patches",
                multiple=True,
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Apply this diff or mail to a copy of the kernel first.  Repeatable.",
            ),
        ]
        return _with(options, with_kernel)

    return decorate


def _kernel(
    path: Path | None, bug_on_data_corruption: bool, patches: tuple[Path, ...]
) -> Kernel | None:
    if path is not None:
        return Kernel(path, bug_on_data_corruption, patches)
    if patches:
        raise UsageError("--patch applies to a kernel: give --kernel PATH too")
    if bug_on_data_corruption:
        raise UsageError(
            "--bug-on-data-corruption applies to a kernel: give --kernel PATH too, or name the "
            "target v6.6-corruption-bug"
        )
    return None


def json_or_ktap(command: _Command) -> _Command:
    """Add ``--json`` and ``--ktap``, of which the command gets at most one as true."""

    @wraps(command)
    def with_form(*args: Any, as_json: bool, as_ktap: bool, **others: Any) -> Any:
        if as_json and as_ktap:
            raise UsageError(
                "--json and --ktap cannot be combined, both print on standard output: leave one out"
            )
        return command(*args, as_json=as_json, as_ktap=as_ktap, **others)

    options = [
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
        ),
        click.option(
            "--ktap",
            "as_ktap",
            is_flag=True,
            help="Print the results as KTAP, as the kernel's own tests do, on standard output.",
        ),
    ]
    return _with(options, with_form)


def worker_options(command: _Command) -> _Command:
    """Add the options that configure the workers of a command that fuzzes."""
    options = [
        click.option(
            "--seed",
            type=click.IntRange(0, 2**32 - 1),
            help="Seed for the mutator.  [default: random]",
        ),
        click.option(
            "--sanitize",
            is_flag=True,
            help="Fuzz with AddressSanitizer and bounds checks (slower).",
        ),
        click.option(
            "--sanitizer-worker/--no-sanitizer-worker",
            "check",
            default=True,
            help="Replay kept inputs in a separate sanitizer worker.  [default: yes]",
        ),
    ]
    return _with(options, command)


def _with(options: Sequence[_Option], command: _Command) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command


def declared(files: Iterable[Path]) -> list[Known]:
    """Read known-findings files and return their entries.

    Errors: UsageError at the first mistake.
    """
    return [entry for path in files for entry in known_findings.read(path)]


def corpus_options(command: _Command) -> _Command:
    """Add the options of corpus commands that say how inputs are run."""
    options: list[_Option] = [
        click.option(
            "--target", help=f"Target to run on.  [default: the run's, or {catalogue.DEFAULT}]"
        ),
        kernel_options("Kernel to run on"),
        click.option(
            "--sanitize", is_flag=True, help="Run with AddressSanitizer and bounds checks."
        ),
        click.option(
            "--faults", is_flag=True, help="Read raw engine inputs as those of a --faults campaign."
        ),
    ]
    return _with(options, command)


def corpus_target(paths: Iterable[Path], name: str | None, kernel: Kernel | None) -> Target:
    """Return the named target, or else the one that the run folders fuzzed.

    Errors: UsageError if there is no such target, or if the run folders disagree.
    """
    if name is None and kernel is None:
        from pyfuzz.corpus.folder import target_of_runs  # noqa: PLC0415 (few commands need it)

        return target_of_runs(paths) or catalogue.get(catalogue.DEFAULT)
    return target_of(name, kernel)


def kind_of(name: str) -> Kind:
    """Return the kind of finding that ``--kind`` names; UsageError if there is none."""
    try:
        return Kind(name)
    except ValueError:
        kinds = ", ".join(kind.value for kind in Kind)
        raise UsageError(f"--kind must be one of {kinds}, is '{name}'") from None


_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")


def duration(value: str) -> float:
    """Parse a duration (20s, 5m, 1h, 1h30m, or a bare number of seconds) into seconds."""
    parts = _DURATION.findall(value)
    seconds = sum(float(number) * _UNITS_S[unit or "s"] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != value or seconds <= 0:
        raise click.BadParameter(f"must be a time such as 20s, 5m or 1h, is '{value}'")
    return seconds


# The room that makes a target of a kernel, for each world.
_EXTRACTORS = {
    "lists": "pyfuzz.extract",
    "pages": "pyfuzz.extract.pages",
    "threads": "pyfuzz.extract",
}


def target_of(name: str | None, kernel: Kernel | None, of: str | None = None) -> Target:
    """Return the target that a command line names, from the catalogue or from a kernel.

    ``of`` is the world that it must be of.  Errors: UsageError if it names both,
    if there is no such target, or if it is of another world.
    """
    return target_and_facts(name, kernel, of)[0]


def extraction_of(kernel: Kernel) -> Extraction | PagesExtraction:
    """Make a target of a kernel, for the world that is asked for."""
    # The C parser and the ELF reader take a while to load.
    extractor = import_module(_EXTRACTORS[kernel.world])

    def progress(line: str) -> None:
        click.echo(f"pyfuzz: {line}", err=True)

    found: Extraction | PagesExtraction = extractor.extract(kernel, progress=progress)
    return found


def target_and_facts(
    name: str | None, kernel: Kernel | None, of: str | None = None
) -> tuple[Target, dict[str, str | None] | None, list[str]]:
    """Return the target and, for a kernel, its facts and the extractor's notes.

    ``of`` is the world that it must be of.  Errors: UsageError if both are
    named, if there is no such target, or if it is of another world.
    """
    if kernel is None:
        found_port = catalogue.get(name or catalogue.DEFAULTS[of or world.DEFAULT], of)
        if of is not None and found_port.world != of:
            raise UsageError(
                f"'{name}' is a target of the world {found_port.world}: name one of the world "
                f"{of}, such as {catalogue.DEFAULTS[of]}"
            )
        return found_port, None, []
    if name is not None:
        raise UsageError(f"--kernel replaces the target: leave out '{name}' or --kernel")
    kernel = replace(kernel, world=of or kernel.world)
    found = extraction_of(kernel)
    facts = {
        # A patched copy stays in the build folder, whatever becomes of the patches.
        "path": str(found.origin.absolute() if kernel.patches else kernel.absolute()),
        "mmu": found.mmu,
        "version": found.kernel_version,
        "sha256": found.sha256,
    }
    return catalogue.in_world(found.target, kernel.world), facts, found.notes()
