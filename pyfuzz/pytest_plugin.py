# SPDX-License-Identifier: GPL-2.0-only
"""Run sequence files as pytest tests: each file once on each target.

    pytest corpus/regressions                   files that begin with the header line
    pytest --pyfuzz-corpus DIR                  every .seq and .pyfz file in a folder
    pytest --pyfuzz-corpus DIR --pyfuzz-kernel PATH --pyfuzz-like rfc-v4

Nothing of pyfuzz is imported before a file is collected, and nothing is
compiled before a test runs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pyfuzz.target.kernel import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyfuzz.regression.expectation import Expectations
    from pyfuzz.replay.runner import Runner
    from pyfuzz.sequence.container import SequenceFile
    from pyfuzz.target.catalogue import Target

_HEADER = b"# pyfuzz sequence"
_RUNNERS = pytest.StashKey[dict[tuple[str, str], "Runner"]]()
_TARGETS = pytest.StashKey[list["Target"]]()


class UnexpectedError(Exception):
    """What a sequence showed is not what its file expects."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("pyfuzz", "sequences of KVM reverse-map operations")
    group.addoption(
        "--pyfuzz-corpus",
        action="append",
        default=[],
        metavar="DIR",
        help="also test every .seq and .pyfz file in DIR",
    )
    group.addoption(
        "--pyfuzz-target",
        action="append",
        default=[],
        metavar="TARGET",
        help="test on this target only (can be repeated; default: all that build)",
    )
    group.addoption(
        "--pyfuzz-kernel",
        action="append",
        default=[],
        metavar="PATH",
        help="test on real code instead: a kernel tree, a source tarball, or one mmu.c "
        "(can be repeated)",
    )
    group.addoption(
        "--pyfuzz-bug-on-data-corruption",
        action="store_true",
        help="build the kernels' code as with CONFIG_BUG_ON_DATA_CORRUPTION=y",
    )
    group.addoption(
        "--pyfuzz-like",
        metavar="TARGET",
        help="expect the same of the kernel as of TARGET",
    )
    group.addoption(
        "--pyfuzz-known",
        action="append",
        default=[],
        metavar="FILE",
        help="more known findings, besides the shipped ones (TOML; can be repeated)",
    )
    group.addoption(
        "--pyfuzz-sanitize",
        action="store_true",
        help="test with AddressSanitizer and bounds checks",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the folders of --pyfuzz-corpus to what is collected."""
    for folder in config.getoption("--pyfuzz-corpus"):
        if not Path(folder).is_dir():
            raise pytest.UsageError(f"--pyfuzz-corpus must name a folder, '{folder}' is none")
        if folder not in config.args:
            config.args.append(folder)
    if config.getoption("--pyfuzz-like") and not config.getoption("--pyfuzz-kernel"):
        raise pytest.UsageError("--pyfuzz-like applies to a kernel: give --pyfuzz-kernel PATH too")
    if config.getoption("--pyfuzz-bug-on-data-corruption") and not config.getoption(
        "--pyfuzz-kernel"
    ):
        raise pytest.UsageError(
            "--pyfuzz-bug-on-data-corruption applies to a kernel: give --pyfuzz-kernel PATH too"
        )
    if config.getoption("--pyfuzz-target") and config.getoption("--pyfuzz-kernel"):
        raise pytest.UsageError("--pyfuzz-kernel replaces the targets: leave out --pyfuzz-target")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the child processes."""
    for runner in config.stash.get(_RUNNERS, {}).values():
        runner.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SequenceCollector | None:
    """Collect a file that is a sequence."""
    if file_path.suffix not in (".seq", ".pyfz"):
        return None
    folders = [Path(folder).resolve() for folder in parent.config.getoption("--pyfuzz-corpus")]
    if not any(file_path.resolve().is_relative_to(folder) for folder in folders):
        # Other programs have .seq files too.
        with file_path.open("rb") as stream:
            if stream.read(len(_HEADER)) != _HEADER:
                return None
    collector: SequenceCollector = SequenceCollector.from_parent(parent, path=file_path)
    return collector


class SequenceCollector(pytest.File):
    """One sequence file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Read the file and yield a test for each target."""
        from pyfuzz.errors import UsageError  # noqa: PLC0415
        from pyfuzz.regression.expectation import parse_expectations  # noqa: PLC0415
        from pyfuzz.sequence import container  # noqa: PLC0415 (only where there is a file)

        try:
            file = container.read(self.path)
            expectations = parse_expectations(file.text or "", str(self.path))
            world = file.input.encoding.world
            targets = [target for target in _targets(self.config) if target.world == world]
        except UsageError as error:
            raise self.CollectError(str(error)) from error
        like = self.config.getoption("--pyfuzz-like")
        for target in targets:
            if not expectations.hold(target, faults=file.input.faults, like=like):
                continue
            yield SequenceItem.from_parent(
                self, name=target.name, target=target, file=file, expectations=expectations
            )


class SequenceItem(pytest.Item):
    """One sequence on one target."""

    def __init__(
        self, *, target: Target, file: SequenceFile, expectations: Expectations, **rest: Any
    ) -> None:
        super().__init__(**rest)
        self._target = target
        self._file = file
        self._expectations = expectations

    def runtest(self) -> None:
        """Run the sequence and compare."""
        from pyfuzz.replay.replays import Replay  # noqa: PLC0415 (only where a test runs)

        runner = _runner(self.config, self._target)
        like = self.config.getoption("--pyfuzz-like")
        findings = runner.run(self._file.input)
        problems = self._expectations.problems(self._target, findings, like)
        if problems:
            entries = tuple(runner.trace(list(self._file.operations)))
            flavour = _flavour(self.config)
            trace = Replay(self._file, self._target, flavour, entries).lines()
            raise UnexpectedError("\n".join([*problems, "", *trace]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what differs from the expectation, and the trace."""
        from pyfuzz.errors import PyfuzzError  # noqa: PLC0415

        if isinstance(excinfo.value, (UnexpectedError, PyfuzzError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the test by its file and target."""
        return self.path, 0, f"{self.path.name} on {self._target.name}"


def _flavour(config: pytest.Config) -> str:
    return "sanitize" if config.getoption("--pyfuzz-sanitize") else "fuzz"


def _targets(config: pytest.Config) -> list[Target]:
    """Return the targets that the options name, read once."""
    from pyfuzz.target import catalogue, known_findings  # noqa: PLC0415 (see the top)

    if _TARGETS not in config.stash:
        bug = config.getoption("--pyfuzz-bug-on-data-corruption")
        kernels = [Kernel(Path(path), bug) for path in config.getoption("--pyfuzz-kernel")]
        like = config.getoption("--pyfuzz-like")
        names = config.getoption("--pyfuzz-target")
        if like:
            catalogue.get(like)
        if kernels:
            targets = _extracted(kernels)
        elif names:
            named = {catalogue.get(name).name for name in names}
            targets = [target for target in catalogue.everything() if target.name in named]
        else:
            targets = [target for target in catalogue.everything() if target.builds]
        files = [Path(path) for path in config.getoption("--pyfuzz-known")]
        entries = [entry for path in files for entry in known_findings.read(path)]
        config.stash[_TARGETS] = [target.knowing(entries) for target in targets]
    return config.stash[_TARGETS]


def _extracted(kernels: list[Kernel]) -> list[Target]:
    """Return the kernels' targets, by their paths where several are called the same."""
    from pyfuzz.extract import extract  # noqa: PLC0415 (brings the C parser)
    from pyfuzz.target import catalogue  # noqa: PLC0415 (see the top)

    found = [extract(kernel).target for kernel in kernels]
    names = [target.name for target in found]
    named = [
        target if names.count(target.name) == 1 else replace(target, name=str(kernel))
        for kernel, target in zip(kernels, found, strict=True)
    ]
    return [target for one in named for target in catalogue.in_worlds(one)]


def _runner(config: pytest.Config, target: Target) -> Runner:
    """Return the target's child process, which is started by the first test that needs it."""
    from pyfuzz.replay.runner import Runner  # noqa: PLC0415

    runners = config.stash.setdefault(_RUNNERS, {})
    key = (target.name, target.world)
    if key not in runners:
        runners[key] = Runner(target, _flavour(config))
    return runners[key]
