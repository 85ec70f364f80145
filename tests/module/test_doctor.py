# SPDX-License-Identifier: GPL-2.0-only
"""The doctor: a machine that runs these tests has everything; otherwise there are remedies."""

from __future__ import annotations

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.module import doctor
from pyfuzz.module.doctor import MISSING, OK, OPTIONAL, Check

pytestmark = pytest.mark.compilers


def test_machine_that_runs_the_tests_lacks_nothing() -> None:
    assert [] == [check for check in doctor.examine() if check.state == MISSING]


def test_compiler_and_why_it_was_chosen_are_shown() -> None:
    checks = {check.subject.strip(): check for check in doctor.examine()}
    assert (OK, OK) == (checks["compiler"].state, checks["chosen because"].state)


def test_missing_compiler_has_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise UsageError("this machine has no clang that works")

    monkeypatch.setattr("pyfuzz.module.compiler.find", none)
    (check,) = doctor._compiler()
    assert (MISSING, "make setup, or install clang") == (check.state, check.remedy)


def test_text_names_what_is_missing_at_the_end() -> None:
    checks = [Check("Python", OK, "3.11"), Check("atheris", MISSING, "none", "make setup")]
    assert "missing: atheris" == doctor.as_text(checks).splitlines()[-1]


def test_what_is_optional_is_not_missing() -> None:
    checks = [Check("kernel sources", OPTIONAL, "none", "make kernels")]
    assert "pyfuzz fuzz works here" == doctor.as_text(checks).splitlines()[-1]
