# SPDX-License-Identifier: GPL-2.0-only
"""Regression folders in ci: what fails, what is the same on the base, what is fixed."""

from __future__ import annotations

from pathlib import Path

import made_up
import pytest

from pyfuzz import paths
from pyfuzz.ci import regressions
from pyfuzz.ci.base import Base, find
from pyfuzz.ci.compare import Comparison, Fixed
from pyfuzz.errors import UsageError
from pyfuzz.export.subject import Replayed
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

LOST = "add vm0 f0 s0\nremove vm0 f0 s1\n"


def check(
    folder: Path, text: str, target: str | Target, base: str | None = None, like: str | None = None
) -> tuple[Replayed, list[Fixed]]:
    (folder / "one.seq").write_text(f"# pyfuzz sequence 1\n{text}")
    chosen = catalogue.get(target) if isinstance(target, str) else target
    compared: Base | None = None if base is None else find(base)
    (regression,) = regressions.read([folder])
    with Comparison(chosen, compared) as comparison:
        done = regressions.check(regression, comparison, "fuzz", like, None)
    return done, comparison.fixed


def test_read_calls_the_shipped_files_by_their_names_and_others_by_their_paths(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.seq").write_text(LOST)
    (tmp_path / "notes.txt").write_text("no sequence")

    read = regressions.read([paths.corpus() / "regressions", tmp_path])

    assert "remove-twice.seq" in [one.name for one in read]
    assert str(tmp_path / "mine.seq") == read[-1].name


@pytest.mark.parametrize(
    ("text", "said"),
    [("ad vm0 f0 s0\n", "mine.seq:1: "), ("# expects rfc-v3: leak\n", "mine.seq:1: a key must be")],
)
def test_read_of_a_file_with_a_mistake_is_an_error_and_no_regression_less(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "mine.seq").write_text(text)

    with pytest.raises(UsageError, match=said):
        regressions.read([tmp_path])
    with pytest.raises(UsageError, match="gone: cannot be read: No such file or directory"):
        regressions.read([tmp_path / "gone"])


def test_regression_with_a_finding_that_it_does_not_expect_fails(tmp_path: Path) -> None:
    done, _ = check(tmp_path, LOST, "rfc-v3")

    assert done.fails
    assert done.problems[0].startswith("lost-entry in pte_list_remove: vm0 f0 must hold 1")
    assert done.command.endswith("one.seq --target rfc-v3")


def test_regression_that_shows_what_it_expects_passes(tmp_path: Path) -> None:
    done, _ = check(tmp_path, f"# expect rfc-v3: lost-entry\n{LOST}", "rfc-v3")

    assert () == done.problems and not done.fails


def test_regression_that_does_not_show_what_it_expects_fails(tmp_path: Path) -> None:
    done, _ = check(tmp_path, f"# expect rfc-v4: lost-entry\n{LOST}", "rfc-v4")

    assert done.fails
    assert ("lost-entry must be found, is not",) == done.problems


def test_regression_that_fails_on_the_base_as_well_does_not_fail(tmp_path: Path) -> None:
    done, _ = check(tmp_path, LOST, "rfc-v3", "rfc-v2")
    lacking, _ = check(tmp_path, f"# expect rfc-v4: lost-entry\n{LOST}", "rfc-v4", "v6.6")

    assert done.problems and not done.fails and done.base == "rfc-v2 shows it too"
    assert lacking.problems and not lacking.fails
    assert lacking.base == "v6.6 does not show it either"


def test_regression_that_the_base_passes_fails_and_the_other_way_round_is_fixed(
    tmp_path: Path,
) -> None:
    broken, nothing = check(tmp_path, LOST, "rfc-v3", "rfc-v4")
    right, fixed = check(tmp_path, LOST, "rfc-v4", "rfc-v3")

    assert broken.fails and nothing == []
    assert not right.problems
    assert ["lost-entry in pte_list_remove"] == [one.title for one in fixed]
    assert [str(tmp_path / "one.seq")] == [one.where for one in fixed]


def test_regression_on_a_kernel_is_held_to_what_is_expected_of_a_port(tmp_path: Path) -> None:
    target = made_up.extracted(tmp_path / "kernel", "v5.10").target
    text = f"# expect v5.10: host-bug some_other_name\n{LOST}"

    own, _ = check(tmp_path, text, target)
    like, _ = check(tmp_path, text, target, like="v5.10")

    assert own.fails and not like.problems


def test_regression_of_which_only_a_part_is_on_the_base_fails(tmp_path: Path) -> None:
    text = "remove vm0 f0 s0 x2\ncontext kworker\nremove vm1 f0 s0\n"

    done, _ = check(tmp_path, f"# expect rfc-v3: host-fault\n{text}", "rfc-v3", "rfc-v2")

    assert ["host-fault must be found, is not"] == list(done.problems[:1])
    assert [True] == [item.base is not None for item in done.items]
    assert done.fails
