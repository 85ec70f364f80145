# SPDX-License-Identifier: GPL-2.0-only
"""Mutants that must be found within a number of executions: no statistics, no clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz.mutants import experiment, mutant, sources, trial
from pyfuzz.mutants.trial import Ways
from pyfuzz.target import catalogue

# Far more executions than these mutants have ever needed.
EXECUTIONS = 200_000
# More processor time than needed, in case something hangs.
NEVER_S = 120.0
MUST = {
    "v6.6": (
        "fill-from-own",
        "free-missing",
        "remove-single-no-return",
        "remove-many-wrong-vm",
        "remove-second-error",
        "next-skips-deep",
        "rmap-add-forgets-gfn",
    ),
    "rfc-v4": ("add-counts-one-full", "free-prev-skips", "null-missing", "recycle-late"),
    "v6.15": ("remove-single-error-locked",),
    "pages": (
        "child-role-access",
        "write-protect-4k-only",
        "collapse-keeps-entry",
        "find-unsync-kept",
        "max-level-host-ignored",
        "unmap-end-too-early",
        "protect-masked-forgotten",
        "clear-dirty-forgotten",
    ),
}
# Real bugs that need two of the host's rarer operations, or one and a rare mode.
RARE = ("817fa998362d", "ef057cbf825e")
# The port looks writes up in one address space and loads no dummy root: nothing to revert.
KERNELS_ONLY = ("6.1.187", "7.2")
REAL = [
    fix.name if fix.name in RARE else pytest.param(fix.name, marks=pytest.mark.slow)
    for fix in mutant.catalogue("reverted")
    if fix.name not in KERNELS_ONLY
]


@pytest.mark.parametrize(("port", "name"), [(p, name) for p in MUST for name in MUST[p]])
def test_planted_mutant_is_found_as_an_expected_kind(port: str, name: str, tmp_path: Path) -> None:
    target = catalogue.get(port)
    options = experiment.Options(target, only=(name,))
    (planted,) = experiment.mutants_of(sources.Source(target), options)
    program = trial.build(sources.plant(target, planted, tmp_path))
    try:
        ways = Ways(world=target.world, executions=EXECUTIONS)
        one = trial.run(program, tmp_path, target.known, NEVER_S, 1, ways)
    finally:
        program.unlink()

    assert one.reached, one
    assert one.kind in planted.kinds, one


@pytest.mark.parametrize("name", REAL)
def test_real_bug_is_found_by_a_campaigns_generator_soon(name: str, tmp_path: Path) -> None:
    target = catalogue.get("pages")
    (fix,) = [one for one in mutant.catalogue("reverted") if one.name == name]
    source = sources.Source(target)
    program = trial.build(sources.changed(target, source.apply(fix), name, tmp_path))
    try:
        ways = Ways(world=target.world, executions=EXECUTIONS // 10)
        one = trial.run(program, tmp_path, target.known, NEVER_S, 1, ways)
    finally:
        program.unlink()

    assert one.kind in fix.kinds, one


@pytest.mark.slow
def test_clean_target_shows_nothing_within_those_executions(tmp_path: Path) -> None:
    target = catalogue.get("rfc-v4")
    source = sources.Source(target)
    program = trial.build(sources.changed(target, source.replaced([]), "clean", tmp_path))
    try:
        one = trial.run(program, tmp_path, target.known, NEVER_S, 1, Ways(executions=20_000))
    finally:
        program.unlink()

    assert (None, 20_000) == (one.kind, one.executions)
