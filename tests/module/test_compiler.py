# SPDX-License-Identifier: GPL-2.0-only
"""Which compiler is chosen, and why, with programs in place of compilers."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.module import compiler

pytestmark = pytest.mark.compilers

Put = Callable[[str, str], Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    """Put programs into the only folder on PATH; ziglang is not installed."""
    real = compiler.find()
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PYFUZZ_BUILD_DIR", str(tmp_path / "build"))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    compiler.find.cache_clear()
    paths.build_dir.cache_clear()

    def put(name: str, version: str) -> Path:
        """A program that prints this version and compiles like the real compiler."""
        path = folder / name
        run = f"PATH=/usr/bin:/bin exec {shlex.join(real.command)}"
        path.write_text(
            f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{version}"; else {run} "$@"; fi\n'
        )
        path.chmod(0o755)
        return path

    yield put
    compiler.find.cache_clear()
    paths.build_dir.cache_clear()


def test_newest_clang_on_path_is_chosen(put: Put) -> None:
    put("clang-15", "clang version 15.0.1")
    newest = put("clang-19", "Debian clang version 19.1.7")
    put("clang", "clang version 16.0.0")
    assert ((str(newest),), "the newest clang on PATH") == (
        compiler.find().command,
        compiler.find().reason,
    )


def test_clang_without_a_number_counts_with_its_version(put: Put) -> None:
    put("clang-15", "clang version 15.0.1")
    plain = put("clang", "clang version 21.0.0")
    assert (str(plain),) == compiler.find().command


@pytest.mark.slow
def test_clang_in_cc_is_chosen_before_a_newer_one(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("clang-19", "clang version 19.1.7")
    named = put("my-cc", "clang version 14.0.0")
    monkeypatch.setenv("CC", "my-cc -Wall")
    assert ((str(named), "-Wall"), "$CC names it") == (
        compiler.find().command,
        compiler.find().reason,
    )


def test_gcc_in_cc_is_passed_over_and_named(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    gcc = put("gcc", "gcc (Debian 12.2.0-14) 12.2.0")
    put("clang-19", "clang version 19.1.7")
    monkeypatch.setenv("CC", "gcc")
    assert (f"{gcc}: is not a clang",) == compiler.find().passed_over


def test_clang_that_cannot_compile_is_passed_over(put: Put) -> None:
    broken = put("clang-19", "clang version 19.1.7")
    broken.write_text(broken.read_text().replace("exec ", "exec false "))
    works = put("clang-15", "clang version 15.0.1")
    found = compiler.find()
    assert ((str(works),), True) == (found.command, "cannot compile" in found.passed_over[0])


def test_no_clang_at_all_is_a_usage_error_with_the_remedy(put: Put) -> None:
    with pytest.raises(UsageError, match=r"no clang .* run 'make setup'"):
        compiler.find()


def test_missing_cc_is_said(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "clang-99")
    with pytest.raises(UsageError, match=r"\$CC is clang-99, which does not exist"):
        compiler.find()


def test_trial_is_not_repeated_for_the_same_program(put: Put) -> None:
    put("clang-19", "clang version 19.1.7")
    compiler.find()
    records = list((paths.build_dir() / "compilers").iterdir())
    before = [record.stat().st_mtime_ns for record in records]
    compiler.find.cache_clear()
    compiler.find()
    assert before == [record.stat().st_mtime_ns for record in records]


def test_compiler_does_not_inherit_a_preloaded_sanitizer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "asan.so")
    assert "LD_PRELOAD" not in compiler.find().environment
