# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz ci``: regressions and a campaign; only new findings fail."""

from __future__ import annotations

import json
import secrets
import sys
import time
from pathlib import Path

import click

from pyfuzz import paths, processes
from pyfuzz.campaign import summary
from pyfuzz.campaign.status import Status
from pyfuzz.ci import base as bases
from pyfuzz.ci import plain, regressions, text
from pyfuzz.ci.result import Result
from pyfuzz.ci.session import Session
from pyfuzz.cli.options import (
    declared,
    duration,
    json_or_ktap,
    kernel_options,
    known_option,
    target_and_facts,
    worker_options,
)
from pyfuzz.errors import PyfuzzError, UsageError
from pyfuzz.export import junit, ktap, sarif
from pyfuzz.files import write_beside
from pyfuzz.run import folder as run_folder
from pyfuzz.run.options import Options
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel
from pyfuzz.target.known_findings import Known

_DEFAULT_S = 300.0
_FILES = {"junit": ("junit.xml", junit.render), "sarif": ("pyfuzz.sarif", sarif.render)}


@click.command("ci")
@click.argument("target", required=False)
@kernel_options("Kernel to test")
@click.option(
    "--base",
    metavar="PATH",
    help="Baseline to compare with: an earlier run folder, or the kernel (or target) from before "
    "the change.",
)
@click.option("--time", "seconds", type=duration, help="Total time: 90s, 5m.  [default: 5m]")
@click.option(
    "--exhaust",
    "exhaust_s",
    type=duration,
    metavar="TIME",
    help="First visit every state, as pyfuzz exhaust does, for at most this long.",
)
@click.option("--runs", type=click.IntRange(1), help="Number of executions, instead of a time.")
@click.option(
    "--regressions",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of sequences to replay besides the shipped ones.  Repeatable.",
)
@click.option(
    "--shipped/--no-shipped",
    default=True,
    help="Replay the regressions that ship with pyfuzz.  [default: yes]",
)
@click.option("--like", metavar="TARGET", help="Expect the same of the kernel as of TARGET.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Fuzzing processes.  [default: one per core; 1 with --runs]",
)
@worker_options
@known_option
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [default: out/...]")
@click.option(
    "--junit", type=click.Path(path_type=Path), help="JUnit file.  [default: OUT/junit.xml]"
)
@click.option(
    "--sarif", type=click.Path(path_type=Path), help="SARIF file.  [default: OUT/pyfuzz.sarif]"
)
@json_or_ktap
@click.option(
    "--report/--no-report",
    "with_page",
    default=True,
    help="Write OUT/report.html at the end.  [default: yes]",
)
def ci(
    target: str | None,
    kernel: Kernel | None,
    base: str | None,
    seconds: float | None,
    exhaust_s: float | None,
    runs: int | None,
    folders: tuple[Path, ...],
    shipped: bool,
    like: str | None,
    workers: int | None,
    seed: int | None,
    sanitize: bool,
    check: bool,
    known_files: tuple[Path, ...],
    out: Path | None,
    junit: Path | None,
    sarif: Path | None,
    as_json: bool,
    as_ktap: bool,
    with_page: bool,
) -> int:
    """Test TARGET, or your own kernel, in CI.

    Replays the regressions, then runs a campaign.  Findings that are known or
    that the baseline has too are listed but do not fail the job.  JUnit and
    SARIF files are written for the CI system.

    Exit code 0: nothing new found; 1: a new finding, or a regression that fails.
    """
    start_s = time.monotonic()
    if seconds is not None and runs is not None:
        raise UsageError("--time and --runs cannot be combined: leave one out")
    if like is not None:
        catalogue.get(like)
        if kernel is None:
            raise UsageError("--like applies to a kernel: give --kernel PATH too")
    if base is not None and out is not None and Path(base).resolve() == out.resolve():
        raise UsageError(
            f"--base and --out are both {out}: a run cannot be compared with itself; name another "
            "--out"
        )
    entries = declared(known_files)
    files = regressions.read([*([paths.corpus() / "regressions"] if shipped else []), *folders])
    found = _base(base, entries, kernel)
    chosen, facts, notes = target_and_facts(target, kernel)
    options = Options(
        target=chosen.knowing(entries),
        out=out or run_folder.default_path(chosen.name),
        # libFuzzer reads 0 as "choose one".
        seed=seed if seed is not None else secrets.randbelow(2**32 - 1) + 1,
        flavour="sanitize" if sanitize else "fuzz",
        workers=workers or (1 if runs is not None else processes.cores()),
        seconds=None,
        runs=runs,
        kernel=kernel,
        kernel_facts=facts,
        kernel_notes=tuple(notes),
        known_files=tuple(str(path.absolute()) for path in known_files),
        check=check,
    )
    budget_s = _DEFAULT_S if seconds is None else seconds
    session = Session(options, tuple(files), found, like, budget_s, start_s, exhaust_s or 0.0)
    with Status(sys.stderr) as status:
        result = session.run(status)
        if result.progress and result.trouble is None:
            _store(result)
            if with_page and not result.interrupted:
                status(result.progress, "writing the report")
                _write_page(result)
    _write_files(result, {"junit": junit, "sarif": sarif})
    result.seconds = time.monotonic() - start_s
    return _conclude(result, as_json=as_json, as_ktap=as_ktap)


def _base(name: str | None, entries: list[Known], kernel: Kernel | None) -> bases.Base | None:
    if name is None:
        return None
    found = bases.find(
        name,
        entries,
        like=kernel,
        progress=lambda line: click.echo(f"pyfuzz: {line}", err=True),
    )
    click.echo(f"pyfuzz: compared with {found.described}", err=True)
    return found


def _store(result: Result) -> None:
    """Write summary.json, which the report is made from and a later --base reads."""
    assert result.progress is not None
    data = json.dumps(summary.as_object(result.progress), indent=2).encode() + b"\n"
    try:
        write_beside(result.options.out / "summary.json", data)
    except OSError as error:
        result.trouble = UsageError(f"cannot write summary.json: {error.strerror or error}")


def _write_page(result: Result) -> None:
    from pyfuzz.report import write  # noqa: PLC0415 (brings the template engine)

    try:
        written = write(result.options.out)
        if written.path is not None:
            result.written["report"] = written.path
    except (PyfuzzError, OSError) as error:
        result.notes.append(f"no report was written: {error}")
    except KeyboardInterrupt:
        result.interrupted = True


def _write_files(result: Result, named: dict[str, Path | None]) -> None:
    """Write the files for CI systems; a failure is recorded in the result."""
    if not result.options.out.is_dir():
        return  # the campaign never started
    about = result.subject()
    for name, (default, render) in _FILES.items():
        asked = named[name]
        path = asked if asked is not None else result.options.out / default
        try:
            write_beside(path, render(about))
        except OSError as error:
            result.trouble = result.trouble or UsageError(
                f"{path}: cannot write: {error.strerror or error}; name another file with --{name}"
            )
        else:
            result.written[name] = path


def _conclude(result: Result, *, as_json: bool, as_ktap: bool) -> int:
    print("\n".join(text.lines(result)), file=sys.stderr if as_json or as_ktap else sys.stdout)
    if as_json:
        print(json.dumps(plain.as_object(result), indent=2))
    if as_ktap and result.progress is not None:
        points = []
        if result.exhaust is not None:
            from pyfuzz.export import ktap_searches  # noqa: PLC0415 (brings the worlds)

            points.append(
                ktap.Point("exhaust", tests=tuple(ktap_searches.of_verdict(result.exhaust)))
            )
        print(ktap.render([*points, *ktap.of_subject(result.subject())]))
    sys.stdout.flush()
    if result.interrupted:
        return 130
    if result.trouble is not None:
        raise result.trouble
    return int(result.verdict == "finding")
