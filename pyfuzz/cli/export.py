# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz export``: findings as C programs, mails, JUnit XML or SARIF."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import click

from pyfuzz import world
from pyfuzz.cli.options import declared, kernel_options, kind_of, known_option, target_of
from pyfuzz.errors import UsageError
from pyfuzz.export import c_reproducer, c_threads, junit, kunit, mail, sarif, subject
from pyfuzz.export.subject import Item, Subject
from pyfuzz.files import write_beside
from pyfuzz.kinds import Kind
from pyfuzz.replay.replays import Replay
from pyfuzz.replay.replays import replay as run_replays
from pyfuzz.run import worlds as run_worlds
from pyfuzz.sequence import container
from pyfuzz.sequence.binary import has_faults
from pyfuzz.sequence.input import Input
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel

_RENDER = {"junit": junit.render, "sarif": sarif.render}


@click.command("export")
@click.argument("sources", metavar="SOURCE...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["c", "mail", "kunit", "junit", "sarif"]),
    required=True,
    help="One C file or mail per finding, one file of KUnit tests, or one report for CI.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File to write; an existing one is replaced.  [default: standard output; for a run "
    "folder's C files and mails, its findings folder]",
)
@click.option(
    "--target",
    help=f"Target to run the sequences on.  [default: the run's, or {catalogue.DEFAULT}]",
)
@kernel_options("Kernel to run them on")
@click.option(
    "--kind",
    help="With --format c or mail: kind of finding.  [default: the first that is not known]",
)
@click.option(
    "--first-bad",
    metavar="COMMIT",
    help="With --format mail: the first bad commit that a bisection found.",
)
@click.option("--sanitize", is_flag=True, help="Run a sequence file with AddressSanitizer.")
@known_option
def export(
    sources: tuple[Path, ...],
    form: str,
    output: Path | None,
    target: str | None,
    kernel: Kernel | None,
    kind: str | None,
    first_bad: str | None,
    sanitize: bool,
    known_files: tuple[Path, ...],
) -> None:
    """Export the findings of SOURCE for use by other programs.

    SOURCE is a campaign's run folder, or a sequence file, which is run first.
    With --format kunit, several sequence files and folders of them.
    """
    _check(sources, form, kind, first_bad)
    if form == "kunit":
        _write_kunit(sources, target_of(target, kernel), kernel, output)
        return
    source = run_worlds.the_run(sources[0])
    entries = declared(known_files)
    named = target is not None or kernel is not None
    chosen = file = None
    if not subject.is_run(source):
        file = container.read(source)
        chosen = target_of(target, kernel, file.input.encoding.world).knowing(entries)
    elif named:
        chosen = target_of(target, kernel, subject.world_of(source)).knowing(entries)
    wanted = None if kind is None else kind_of(kind)
    bad = None if first_bad is None else Bad.of(first_bad, kernel)
    if subject.is_run(source):
        if form in _RENDER and target is not None:
            raise UsageError(
                f"--target applies to a sequence file, to --format c and mail: a {form} report of "
                "a run is about the run's own target; leave it out"
            )
        run = subject.of_run(source, entries, chosen)
        if form == "c":
            _write_c_files(run, chosen, wanted, output or source / "findings")
        elif form == "mail":
            _write_mails(run, chosen, wanted, bad, output or source / "findings")
        else:
            _write(_RENDER[form](run), output)
        return
    assert chosen is not None and file is not None
    flavour = "sanitize" if sanitize else "fuzz"
    (done,) = run_replays([file], chosen, flavour)
    found = subject.of_replay(done, kernel)
    if form == "c":
        name = output.name if output else f"{source.stem}.c"
        _write(_c_file(done, wanted, found, name), output)
    elif form == "mail":
        _write(_mail(done, wanted, found, bad), output)
    else:
        _write(_RENDER[form](found), output)


def _check(sources: tuple[Path, ...], form: str, kind: str | None, first_bad: str | None) -> None:
    """Refuse options that do not fit together."""
    if kind is not None and form not in ("c", "mail"):
        raise UsageError("--kind applies to --format c and mail, which are about one finding")
    if first_bad is not None and form != "mail":
        raise UsageError("--first-bad applies to --format mail: leave it out")
    if not sources:
        raise UsageError("nothing to export: name a run folder or a sequence file")
    if len(sources) > 1 and form != "kunit":
        raise UsageError(
            f"--format {form} takes one SOURCE, got {len(sources)}: export each by itself"
        )


@dataclass(frozen=True, slots=True)
class Bad:
    """The first bad commit: in words, and its ``Fixes:`` line as far as it is known."""

    words: str
    fixes: str

    @classmethod
    def of(cls, commit: str, kernel: Kernel | None) -> Self:
        """Look a commit up in the kernel's repository, if it is in one.

        Errors: UsageError if it is neither there nor the beginning of a hash.
        """
        subject_line = None
        if kernel is not None:
            from pyfuzz.extract.revision import described  # noqa: PLC0415 (brings the C parser)

            found = described(kernel.path, commit)
            if found is not None:
                commit, subject_line = found
        if subject_line is None and not re.fullmatch("[0-9a-f]{12,40}", commit):
            raise UsageError(
                f"--first-bad must be a commit of the kernel's repository, or 12 to 40 digits of "
                f"one, is '{commit}'"
            )
        short = commit[:12]
        text = subject_line or "<its subject>"
        return cls(f'{short} ("{text}")' if subject_line else short, f'{short} ("{text}")')


def _mail(done: Replay, kind: Kind | None, found: Subject, bad: Bad | None) -> bytes:
    """Return the mail on one replay's finding."""
    fitting = [item for item in found.items if kind in (None, item.kind)]
    chosen = next((item for item in fitting if item.known is None), None) or next(
        iter(fitting), None
    )
    if chosen is None:
        raise UsageError(
            f"{done.file.path}: has no {kind.value if kind else 'finding'} on {done.target.name}, "
            "so there is nothing to report; name a target on which it has one"
        )
    return mail.render(
        mail.Case(
            done=done,
            symptom=chosen.symptom,
            others=tuple(_elsewhere(done)),
            first_bad=bad.words if bad else "",
            fixes=bad.fixes if bad else "",
            command=chosen.command,
        )
    )


def _elsewhere(done: Replay) -> Iterator[Replay]:
    """Replay a sequence on every other port of its world."""
    for port in catalogue.of_world(done.target.world):
        if port.builds and port.name != done.target.name:
            yield from run_replays([done.file], port, done.flavour)


def _write_mails(
    run: Subject, target: Target | None, kind: Kind | None, bad: Bad | None, folder: Path
) -> None:
    """Write one mail for each finding of a run that the target still shows."""
    _make(folder)
    items = [item for item in run.items if kind in (None, item.kind)]
    for item, done in _replays(items, target or run.target):
        shown = [one.symptom for one in done.findings if one.symptom.like(item.symptom)]
        if not shown:
            click.echo(
                f"pyfuzz: {item.title}: skipped: {done.target.name} does not show it", err=True
            )
            continue
        found = replace(item, symptom=shown[0])
        path = folder / f"{item.stem}.mail"
        _write(_mail(done, item.kind, replace(run, items=(found,)), bad), path)
        print(path)


def _write_kunit(
    sources: tuple[Path, ...], target: Target, kernel: Kernel | None, output: Path | None
) -> None:
    """Write the tests and, for a kernel and with -o, the patch beside them that includes them."""
    name = output.name if output else "pyfuzz_rmap_test.c"
    files = [container.read(path) for source in sources for path in _sequences(source)]
    text, skipped = kunit.render(files, target, name)
    for one in skipped:
        click.echo(f"pyfuzz: {one.file.path}: no test: {one.why}", err=True)
    _write(text, output)
    if output is not None and kernel is not None:
        from pyfuzz.extract.revision import prepared  # noqa: PLC0415 (brings the C parser)
        from pyfuzz.extract.source import find  # noqa: PLC0415

        mmu = find(prepared(kernel)).mmu
        path = output.with_suffix(".patch")
        _write(kunit.patch(mmu.text, name, mmu.path), path)
        print(path)


def _sequences(source: Path) -> list[Path]:
    """Return a file itself, or the sequences in a folder."""
    if not source.is_dir():
        return [source]
    folder = source / "findings" if (source / "findings").is_dir() else source
    found = sorted(folder.glob("[!.]*.seq"))
    if not found:
        raise UsageError(f"{source}: has no .seq file; name a folder that has one")
    return found


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(folder, error) from error


def _c_file(done: Replay, kind: Kind | None, found: Subject, name: str) -> bytes:
    """Return the C file for one replay."""
    if world.get(done.target.world).schedules:
        shown = c_reproducer.choose(done, kind)
        symptom = shown.symptom if shown else kind and Symptom(kind)
        if symptom is None:
            raise _nothing_to_reproduce(done)
        return _c_threads(done, symptom, found, name)
    case = c_reproducer.case_of(done, kind)
    if case is None:
        raise _nothing_to_reproduce(done)
    if not case.message:
        click.echo(
            f"pyfuzz: {done.target.name} does not show {case.kind.value}: the C file checks for "
            "it and will exit with 0",
            err=True,
        )
    command = next((item.command for item in found.items if item.kind is case.kind), "")
    return c_reproducer.generate(replace(case, command=command), name)


def _nothing_to_reproduce(done: Replay) -> UsageError:
    return UsageError(
        f"{done.file.path}: has no finding on {done.target.name}, so there is nothing to "
        "reproduce; name a target on which it has one, or give the --kind that the C file "
        "should check for"
    )


def _c_threads(done: Replay, symptom: Symptom, found: Subject, name: str) -> bytes:
    """Return the C file for one schedule, which has POSIX threads."""
    command = next((item.command for item in found.items if item.kind is symptom.kind), "")
    return c_threads.generate(done, symptom, command, name)


def _write_c_files(run: Subject, target: Target | None, kind: Kind | None, folder: Path) -> None:
    """Write one C file for each finding of a run."""
    wanted = [item for item in run.items if kind in (None, item.kind)]
    items = [item for item in wanted if not has_faults(item.operations)]
    for item in wanted:
        if item not in items:
            click.echo(f"pyfuzz: {item.title}: skipped: a C file cannot plant faults", err=True)
    _make(folder)
    for item, done in _replays(items, target or run.target):
        path = folder / f"{item.stem}.c"
        if world.get(done.target.world).schedules:
            _write(_c_threads(done, item.symptom, run, path.name), path)
            print(path)
            continue
        case = c_reproducer.case_of(done, item.kind, item.function)
        assert case is not None
        if not case.message:
            click.echo(
                f"pyfuzz: {done.target.name} does not show {item.title}: {path.name} checks for "
                "it and will exit with 0",
                err=True,
            )
        _write(c_reproducer.generate(replace(case, command=item.command), path.name), path)
        print(path)


def _replays(items: list[Item], target: Target) -> Iterator[tuple[Item, Replay]]:
    for item in items:
        file = container.SequenceFile(
            Path(item.stem),
            container.FileKind.TEXT,
            Input.of(item.operations),
            item.operations,
        )
        for done in run_replays([file], target, item.flavour):
            yield item, done


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        write_beside(output, data)
    except OSError as error:
        raise _not_written(output, error) from error


def _not_written(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot write: {error.strerror or error}; name another with -o")
