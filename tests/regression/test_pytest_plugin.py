# SPDX-License-Identifier: GPL-2.0-only
"""Sequence files as pytest tests: what is collected, what passes, what fails and how."""

from __future__ import annotations

import sys

import made_up
import pytest

# Imported before pytester takes its snapshot of sys.modules: a module that is
# loaded twice has its classes twice, and they do not pickle.
import pyfuzz.pytest_plugin
import pyfuzz.regression.expectation
import pyfuzz.replay.replays
import pyfuzz.sequence.container
import pyfuzz.worlds.lists.world  # noqa: F401
from pyfuzz.target.catalogue import TARGETS

pytest_plugins = ["pytester"]

LOST = """\
# pyfuzz sequence 1
# shows: a wrong remove drops the only entry of a list
# expect rfc-v3: lost-entry pte_list_remove
# expect rfc-v4: nothing
add vm0 f0 s0
remove vm0 f0 s1
"""
ON_BOTH = ("--pyfuzz-target", "rfc-v3", "--pyfuzz-target", "rfc-v4")

# Without this, its end restores the signal handlers from before any module was
# loaded, and the next fault in one ends the process of all tests.
IN_PROCESS = ("-p", "no:faulthandler")


def test_plugin_file_with_header_is_one_test_per_target(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", lost=LOST)
    result = pytester.runpytest_inprocess(*IN_PROCESS, "-v", *ON_BOTH)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*lost.seq::rfc-v3 PASSED*", "*lost.seq::rfc-v4 PASSED*"])


def test_plugin_default_targets_are_all_that_build(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", lost=LOST)
    result = pytester.runpytest_inprocess(*IN_PROCESS, "--collect-only", "-q")
    names = [f"lost.seq::{target.name}" for target in TARGETS.values() if target.builds]
    result.stdout.fnmatch_lines([*names, f"{len(names)} tests collected*"])


def test_plugin_collecting_compiles_and_loads_nothing(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", lost=LOST)
    pytester.makeconftest(
        """
        import sys
        def pytest_sessionfinish():
            watched = {"cffi", "pyfuzz.module.compiled", "pyfuzz.replay.runner"}
            print("loaded:", sorted(watched & set(sys.modules)))
        """
    )
    result = pytester.run(sys.executable, "-m", "pytest", "--collect-only", "-q", "-s")
    result.stdout.fnmatch_lines(["loaded: []*"])


def test_plugin_seq_file_of_another_program_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", genome="ACGT")
    result = pytester.runpytest_inprocess(*IN_PROCESS)
    result.assert_outcomes()


def test_plugin_corpus_option_collects_files_without_header(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("corpus")
    (folder / "plain.seq").write_text("count vm0 f0\n")
    (folder / "notes.txt").write_text("not a sequence\n")
    result = pytester.runpytest_inprocess(*IN_PROCESS, "--pyfuzz-corpus", str(folder), *ON_BOTH)
    result.assert_outcomes(passed=2)


def test_plugin_unexpected_finding_fails_with_the_trace(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", lost=LOST.replace("# expect rfc-v3", "# of rfc-v3"))
    result = pytester.runpytest_inprocess(*IN_PROCESS, *ON_BOTH)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "finding that is not expected: lost-entry in pte_list_remove: *",
            "   1  remove vm0 f0 s1",
            "        vm0 f0: head -> s0",
            "             => head -> NULL",
            "verdict: finding (lost-entry)",
        ]
    )


def test_plugin_expected_finding_that_is_missing_fails(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", lost=LOST.replace("rfc-v4: nothing", "rfc-v4: host-bug"))
    result = pytester.runpytest_inprocess(*IN_PROCESS, *ON_BOTH)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["host-bug must be found, is not"])


def test_plugin_file_with_a_mistake_is_a_collection_error(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", lost=LOST.replace("s1", "s9999"))
    result = pytester.runpytest_inprocess(*IN_PROCESS, *ON_BOTH)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*lost.seq:6: the operand of remove must be s0 to s2047, is *"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pyfuzz-corpus", "nowhere"], "--pyfuzz-corpus must name a folder, 'nowhere' is none"),
        (
            ["--pyfuzz-like", "bug"],
            "--pyfuzz-like applies to a kernel: give --pyfuzz-kernel PATH too",
        ),
        (
            ["--pyfuzz-bug-on-data-corruption"],
            "--pyfuzz-bug-on-data-corruption applies to a kernel: give --pyfuzz-kernel PATH too",
        ),
        (
            ["--pyfuzz-kernel", "x", "--pyfuzz-target", "bug"],
            "--pyfuzz-kernel replaces the targets: leave out --pyfuzz-target",
        ),
    ],
)
def test_plugin_options_that_cannot_work_are_a_usage_error(
    pytester: pytest.Pytester, arguments: list[str], message: str
) -> None:
    result = pytester.runpytest_inprocess(*IN_PROCESS, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()


@pytest.mark.slow
def test_plugin_own_folder_on_kernels_is_one_test_for_each(pytester: pytest.Pytester) -> None:
    (pytester.mkdir("mine") / "lost.seq").write_text("add vm0 f0 s0\nremove vm0 f0 s1\n")
    check = "if (!KVM_BUG_ON_DATA_CORRUPTION(value != (unsigned long)spte, kvm))"
    right = made_up.variant(pytester.path / "right", "v7")
    wrong = made_up.variant(pytester.path / "wrong", "v7", (check, "if (1)"))

    result = pytester.runpytest_inprocess(
        *IN_PROCESS,
        *("-v", "--pyfuzz-corpus", "mine"),
        *("--pyfuzz-kernel", str(right), "--pyfuzz-kernel", str(wrong)),
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*right-mmu.c PASSED*", "*wrong-mmu.c FAILED*", "*not expected: lost-entry in *"]
    )


@pytest.mark.slow
def test_plugin_kernel_as_with_the_option_dies_and_is_held_to_a_port_that_does(
    pytester: pytest.Pytester,
) -> None:
    stray = "# pyfuzz sequence 1\n# expect v6.6-corruption-bug: host-bug\nremove vm0 f0 s9\n"
    pytester.makefile(".seq", stray=stray)
    kernel = str(made_up.variant(pytester.path / "kernel", "v7"))
    options = ("--pyfuzz-kernel", kernel, "--pyfuzz-bug-on-data-corruption")

    alone = pytester.runpytest_inprocess(*IN_PROCESS, *options)
    like = pytester.runpytest_inprocess(
        *IN_PROCESS, *options, "--pyfuzz-like", "v6.6-corruption-bug"
    )

    alone.assert_outcomes(failed=1)
    like.assert_outcomes(passed=1)


def test_plugin_unknown_target_is_a_collection_error(pytester: pytest.Pytester) -> None:
    pytester.makefile(".seq", lost=LOST)
    result = pytester.runpytest_inprocess(*IN_PROCESS, "--pyfuzz-target", "rfc-v5")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no target 'rfc-v5'*"])
