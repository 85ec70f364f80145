# SPDX-License-Identifier: GPL-2.0-only
"""--ktap: what is printed is KTAP version 1, and says what the exit code says."""

from __future__ import annotations

import importlib
import json
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import ktap_reader
import pytest
from cli_process import pyfuzz
from click.testing import CliRunner, Result
from ktap_reader import Read

from pyfuzz import paths
from pyfuzz.cli.group import COMMANDS
from pyfuzz.cli.group import pyfuzz as group
from pyfuzz.errors import UsageError
from pyfuzz.export import ktap
from pyfuzz.export.ktap import Point

STRAY = "add vm0 f0 s0\nremove vm0 f0 s9\n"
HOLE = "add vm0 f0 s0 x15\nremove vm0 f0 s3\nadd vm0 f0 s40\n"
NASTY = (
    Point("- a #1 name\nof two lines", lines=("Subtest: nothing", "not ok 3 no test # SKIP")),
    Point("inner", tests=(Point("deep"), Point("", passed=False, why="because\n1..7"))),
    Point("skipped", directive="SKIP", why="not # SKIP two\x1b times"),
    Point("an audit", passed=False, directive="ERROR", why="it failed"),
)
TARBALL = paths.ROOT / "kernels" / "linux-source-6.12.tar.xz"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(one) for one in arguments], standalone_mode=False)


def shown(tests: list[Read]) -> list[tuple[str, bool, str]]:
    return [(test.name, test.ok, test.directive) for test in tests]


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.seq"
    path.write_text(STRAY)
    return path


def test_ktap_of_texts_with_its_own_signs_is_read_back_as_it_was() -> None:
    tests = ktap_reader.read(ktap.render(NASTY))

    assert [
        ("a _1 name of two lines", True, ""),
        ("inner", False, ""),
        ("skipped", True, "SKIP"),
        ("an audit", False, "ERROR"),
    ] == shown(tests)
    assert [("deep", True, ""), ("_", False, "")] == shown(tests[1].tests)
    assert "because 1..7" == tests[1].tests[1].why


@pytest.mark.slow
def test_ktap_of_replays_has_a_test_for_each_target_and_file(wrong: Path) -> None:
    hole = wrong.with_name("hole.seq")
    hole.write_text(HOLE)

    result = call("replay", wrong, hole, "--all-targets", "--ktap")

    assert 1 == result.return_value
    tests = {test.name: test for test in ktap_reader.read(result.stdout)}
    assert [(str(wrong), False, ""), (str(hole), True, "XFAIL")] == shown(tests["rfc-v3"].tests)
    assert [(str(wrong), True, ""), (str(hole), True, "")] == shown(tests["v6.6"].tests)
    assert "lost-entry" in "\n".join(tests["rfc-v3"].tests[0].lines)


@pytest.mark.slow
def test_ktap_of_an_exhaustive_search_has_a_test_for_each_scope(tmp_path: Path) -> None:
    small = ("exhaust", "rfc-v3", "--scope", "heads", "--scope", "vms", "--entries", "2")
    found = pyfuzz(*small, "--ktap", folder=tmp_path)
    cut = pyfuzz(*small, "--no-errors", "--depth", "2", "--ktap", folder=tmp_path)

    tests = ktap_reader.read(found.stdout)
    assert (1, ["heads", "vms"]) == (found.returncode, [test.name for test in tests])
    assert not tests[0].ok
    assert "complete: every state of the scope was visited" in "\n".join(tests[0].lines)
    assert 0 == cut.returncode
    for test in ktap_reader.read(cut.stdout):
        assert (True, "SKIP") == (test.ok, test.directive)
        assert "every sequence of up to 2 operations was tried" in test.why


@pytest.mark.slow
def test_ktap_of_ci_has_the_regressions_the_states_and_a_test_for_each_kind(
    tmp_path: Path,
) -> None:
    quick = ("--runs", "500", "--seed", "1", "--no-sanitizer-worker", "--no-report")
    more = ("--no-shipped", "--regressions", "mine", "--exhaust", "20s", "--out", "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "one.seq").write_text(STRAY)

    done = pyfuzz("ci", "rfc-v3", *quick, *more, "--ktap", folder=tmp_path)

    tests = {test.name: test for test in ktap_reader.read(done.stdout)}
    assert 1 == done.returncode, done.stderr
    assert ["exhaust", "regressions", "findings"] == list(tests)
    assert not tests["regressions"].ok
    assert not tests["findings"].ok
    names = {name: ok for name, ok, _ in shown(tests["findings"].tests)}
    assert (False, True) == (names["lost-entry in pte_list_remove"], names["hang"])


def test_ktap_of_fixes_has_a_test_for_each_fix() -> None:
    result = call("fixes", "--target", "pages", "--ktap")
    plain = json.loads(call("fixes", "--target", "pages", "--json").stdout)

    tests = ktap_reader.read(result.stdout)
    assert 0 == result.return_value
    assert len(plain["fixes"]) == len(tests)
    said = {"fixed": "", "cannot-tell": "SKIP"}
    assert [said[one["state"]] for one in plain["fixes"]] == [test.directive for test in tests]
    assert all(test.ok for test in tests)


@pytest.mark.parametrize("command", ["replay x.seq", "ci", "exhaust", "fixes --target pages"])
def test_ktap_and_json_together_are_refused(command: str) -> None:
    name, *arguments = command.split()
    assert name in COMMANDS

    result = call(name, *arguments, "--ktap", "--json")

    assert isinstance(result.exception, UsageError)
    assert "--json and --ktap cannot be combined" in str(result.exception)
    assert "" == result.stdout


@pytest.fixture(scope="module")
def kunit(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The kernel's own parser, out of the user's tarball."""
    if not TARBALL.is_file():
        pytest.skip(f"{TARBALL} is not there: make kernels fetches it")
    folder = tmp_path_factory.mktemp("kunit")
    with tarfile.open(TARBALL) as tarball:
        for member in tarball:
            path = Path(member.name)
            if path.parent.name == "kunit" and path.name in ("kunit_parser.py", "kunit_printer.py"):
                file = tarball.extractfile(member)
                assert file is not None
                (folder / path.name).write_bytes(file.read())
                if len(list(folder.iterdir())) == 2:
                    break
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.delitem(sys.modules, "kunit_parser", raising=False)
        return importlib.import_module("kunit_parser")


@pytest.mark.kernels
@pytest.mark.slow
def test_ktap_is_read_by_the_kernels_own_parser_without_an_error(
    kunit: ModuleType, wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = call("replay", wrong, "--all-targets", "--ktap").stdout

    for lines, counts in ((text, (4, 5, 0)), (ktap.render(NASTY), (2, 2, 1))):
        said = kunit.parse_run_tests(lines.splitlines()).counts
        assert 0 == said.errors, capsys.readouterr().out
        assert counts == (said.passed, said.failed, said.skipped)
