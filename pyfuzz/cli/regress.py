# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz regress``: add findings to the regression corpus."""

from __future__ import annotations

from pathlib import Path

import click

from pyfuzz import paths
from pyfuzz.cli.options import declared, kernel_options, known_option, target_of
from pyfuzz.errors import UsageError
from pyfuzz.export import subject
from pyfuzz.regression import writing
from pyfuzz.regression.writing import Case, Seen
from pyfuzz.replay.runner import Runner
from pyfuzz.run import worlds
from pyfuzz.sequence import container
from pyfuzz.sequence.container import SequenceFile
from pyfuzz.sequence.input import Input
from pyfuzz.target.catalogue import Target, of_world
from pyfuzz.target.kernel import Kernel


@click.command("regress")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--target", help="Target to run a sequence file on.  [default: the first with a finding]"
)
@kernel_options("Kernel to run a sequence file on")
@click.option("--sanitize", is_flag=True, help="Run a sequence file with AddressSanitizer.")
@click.option("--name", help="Name of the new file.  [default: made from the finding]")
@click.option("--shows", default="", help="What the finding shows, in your words.")
@known_option
def regress(
    source: Path,
    folder: Path | None,
    target: str | None,
    kernel: Kernel | None,
    sanitize: bool,
    name: str | None,
    shows: str,
    known_files: tuple[Path, ...],
) -> None:
    """Add the findings of SOURCE to FOLDER, which pytest runs on every target.

    SOURCE is a run folder, from which every finding that is not known is taken,
    or a sequence file.  FOLDER defaults to the checkout's corpus/regressions.
    """
    into = folder or _default()
    stem = None if name is None else writing.check_name(name)
    files = writing.read_folder(into, lambda line: click.echo(f"pyfuzz: {line}", err=True))
    licence = folder is None
    entries = declared(known_files)
    if subject.is_run(source):
        if target is not None or kernel is not None:
            raise UsageError(
                "--target and --kernel apply to a sequence file: leave them out, a run folder "
                "names what it fuzzed"
            )
        runs = [subject.of_run(run, entries) for run in worlds.runs_in(source)]
        items = [[item for item in run.items if item.known is None] for run in runs]
        count = sum(map(len, items))
        if stem is not None and count > 1:
            raise UsageError(
                f"--name applies to one finding, and {source} has {count} new ones: leave it out"
            )
        for run, new in zip(runs, items, strict=True):
            _add_all(_of_run(run, new), files, into, stem, shows, licence=licence)
        if not count:
            print("the run has no new finding: nothing to write")
        return
    file = container.read(source)
    seen: Seen | None = None
    if target is None and kernel is None and not sanitize:
        (seen,) = writing.see([file.operations])
        case = _of_any_port(file, seen)
    else:
        chosen = target_of(target, kernel, file.input.encoding.world).knowing(entries)
        case = _of_target(file, chosen, "sanitize" if sanitize else "fuzz")
    same = writing.duplicate_of(case, files)
    if same is not None:
        raise UsageError(f"{source}: already covered: {same} shows the same in the same way")
    if seen is None:
        (seen,) = writing.see([file.operations])
    text = writing.text_of(case, seen, shows=shows, licence=licence)
    print(writing.write(into, stem or writing.name_of(case), text))


def _default() -> Path:
    if not (paths.ROOT / ".git").exists() and not (paths.ROOT / "pyproject.toml").exists():
        raise UsageError(
            "FOLDER is needed, since pyfuzz does not run from a checkout: "
            "pyfuzz regress SOURCE FOLDER"
        )
    return paths.corpus() / "regressions"


def _of_any_port(file: SequenceFile, seen: Seen) -> Case:
    """Return the case of the first port with a new finding, else of the first with any."""
    cases = [
        (target, case)
        for target in of_world(file.input.encoding.world)
        if (case := writing.case_of(seen.get(target.name, ()), target, file.operations))
    ]
    for target, case in cases:
        if target.known_reason(case.symptom) is None:
            return case
    if cases:
        return cases[0][1]
    raise UsageError(
        f"{file.path}: has no finding on any target; name another with --target, or a kernel "
        "with --kernel"
    )


def _of_target(file: SequenceFile, target: Target, flavour: str) -> Case:
    """Return the case that a target shows."""
    with Runner(target, flavour) as runner:
        found = runner.run(file.input)
        case = writing.case_of(found, target, file.operations)
    if case is None:
        raise UsageError(
            f"{file.path}: has no finding on {target.name}; see what it does with: pyfuzz replay"
        )
    return case


def _of_run(run: subject.Subject, items: list[subject.Item]) -> list[Case]:
    """Return a run's findings, each with the operation that shows it."""
    cases = []
    for item in items:
        with Runner(run.target, item.flavour) as runner:
            found = runner.run(Input.of(item.operations))
        places = [one.operation for one in found if one.symptom.like(item.symptom)]
        cases.append(
            Case(
                item.symptom,
                run.target.name,
                item.operations,
                places[0] if places else len(item.operations),
            )
        )
    return cases


def _add_all(
    cases: list[Case],
    files: list[SequenceFile],
    into: Path,
    stem: str | None,
    shows: str,
    *,
    licence: bool,
) -> None:
    """Write each case that is not there yet, and print what was done with each."""
    new = []
    for case in cases:
        same = writing.duplicate_of(case, files)
        if same is not None:
            print(f"{same} (already there: {case.title})")
        else:
            new.append(case)
    for case, seen in zip(new, writing.see(case.operations for case in new), strict=True):
        # Two findings of one run may be one bug.
        same = writing.duplicate_of(case, files)
        if same is not None:
            print(f"{same} (already there: {case.title})")
            continue
        text = writing.text_of(case, seen, shows=shows, licence=licence)
        path = writing.write(into, stem or writing.name_of(case), text)
        files.append(container.read(path))
        print(path)
