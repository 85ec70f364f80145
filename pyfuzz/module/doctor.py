# SPDX-License-Identifier: GPL-2.0-only
"""Checks what this machine has, and what is missing for which feature."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from pyfuzz import paths
from pyfuzz.errors import PyfuzzError
from pyfuzz.module import builder, compiler, confine, engine
from pyfuzz.target import catalogue

OK, MISSING, OPTIONAL = "ok", "missing", "optional"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a feature needs: ``state`` is ok, missing, or optional (and missing)."""

    subject: str
    state: str
    found: str
    remedy: str = ""


def examine() -> list[Check]:
    """Return what was found, in the order in which fuzzing needs it.

    This builds the default target if it is not there: whether that works is
    what a user wants to know.
    """
    return [
        _python(),
        _writable(),
        *_compiler(),
        _tried("libFuzzer for the fuzz flavour", engine.load),
        _tried("runtime for --sanitize", lambda: str(engine.asan_runtime())),
        _tried(
            "default target", lambda: str(builder.build(catalogue.get(catalogue.DEFAULT), "fuzz"))
        ),
        *(
            _package(name, feature)
            for name, feature in (
                ("atheris", "pyfuzz fuzz"),
                ("cffi", "all that runs a target"),
                ("tree-sitter", "--kernel"),
                ("tree-sitter-c", "--kernel"),
                ("rich", "the status line"),
                ("jinja2", "pyfuzz report"),
                ("pyelftools", "line coverage in reports"),
            )
        ),
        *(
            _package(name, "the project's own tests", optional=True)
            for name in ("pytest", "hypothesis", "ruff", "mypy")
        ),
        *_confinement(),
        _kernels(),
    ]


def as_text(checks: list[Check]) -> str:
    """Return the checks for people, one a line, with a remedy where there is one."""
    width = max(len(check.subject) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.state:8}  {check.subject:{width}}  {check.found}")
        if check.remedy:
            lines.append(f"{'':8}  {'':{width}}  -> {check.remedy}")
    missing = [check.subject for check in checks if check.state == MISSING]
    lines.append("")
    lines.append(f"missing: {', '.join(missing)}" if missing else "pyfuzz fuzz works here")
    return "\n".join(lines)


def _python() -> Check:
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    found = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"
    remedy = "" if fits else "use CPython 3.11, 3.12 or 3.13, the versions that atheris supports"
    return Check("Python", OK if fits else MISSING, found, remedy)


def _writable() -> Check:
    try:
        folder = paths.build_dir()
        writable = os.access(folder, os.W_OK)
    except OSError as error:
        return Check("build folder", MISSING, str(error), "set PYFUZZ_BUILD_DIR to your own folder")
    remedy = "" if writable else "set PYFUZZ_BUILD_DIR to a folder that you can write to"
    return Check("build folder", OK if writable else MISSING, str(folder), remedy)


def _compiler() -> list[Check]:
    try:
        chosen = compiler.find()
    except PyfuzzError as error:
        return [Check("compiler", MISSING, str(error), "make setup, or install clang")]
    found = f"{shlex.join(chosen.command)}: {chosen.version}"
    return [
        Check("compiler", OK, found),
        Check("  chosen because", OK, chosen.reason),
        *(Check("  passed over", OPTIONAL, text) for text in chosen.passed_over),
    ]


def _tried(subject: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(subject, OK, attempt())
    except PyfuzzError as error:
        return Check(subject, MISSING, str(error))


def _package(name: str, feature: str, *, optional: bool = False) -> Check:
    try:
        return Check(f"package {name}", OK, f"{version(name)}, for {feature}")
    except PackageNotFoundError:
        extra = "pip install 'pyfuzz[test]', or make setup" if optional else "make setup"
        state = OPTIONAL if optional else MISSING
        return Check(f"package {name}", state, f"not installed; needed for {feature}", extra)


def _confinement() -> list[Check]:
    """Return what keeps a target's code from the rest of the machine."""
    version = confine.landlock_version()
    remedy = "to fuzz a kernel that you do not trust, use a container (docs/security.md)"
    files = (
        Check("targets' files", OK, f"Landlock {version}: a target writes only to its run folder")
        if version
        else Check("targets' files", OPTIONAL, "this kernel has no Landlock", remedy)
    )
    calls = (
        Check("targets' network", OK, "seccomp: a target has no network and starts no program")
        if confine.has_seccomp()
        else Check("targets' network", OPTIONAL, "no seccomp filter of x86-64 here", remedy)
    )
    return [files, calls]


def _kernels() -> Check:
    subject = "kernel sources"
    found = sorted(path.name for path in (paths.ROOT / "kernels").glob("linux-source-*[0-9]"))
    if found:
        return Check(subject, OK, f"{', '.join(found)}, for the tests on real kernels")
    can_fetch = shutil.which("apt-get") and shutil.which("dpkg")
    remedy = "make kernels" if can_fetch else "unpack linux-source-6.1 and -6.12 into kernels/"
    return Check(subject, OPTIONAL, "none; needed for the tests on real kernels", remedy)
