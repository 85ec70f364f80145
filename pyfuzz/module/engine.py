# SPDX-License-Identifier: GPL-2.0-only
"""Loads libFuzzer into the process, with global symbols, before any target.

A target registers its coverage counters with libFuzzer's functions when it is
imported.  So libFuzzer must be loaded first, even if nothing is fuzzed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from functools import cache
from pathlib import Path

from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.module import builder

_ASAN_OPTIONS = {
    # The harness is called for each report and continues (csrc/harness).
    "halt_on_error": "0",
    "suppress_equal_pcs": "0",  # the same place is met again in every sequence
    "symbolize": "0",  # the harness takes the class; a symbolizer takes a second
    "handle_segv": "0",
    "handle_sigbus": "0",
    "handle_sigfpe": "0",
    "handle_sigill": "0",
    "handle_abort": "0",
    "detect_leaks": "0",  # Python's own; descriptors are accounted for in C
    "detect_stack_use_after_return": "0",
    "allocator_may_return_null": "1",
    "abort_on_error": "0",
    "print_suppressions": "0",
}


def prepare(flavour: str) -> Path:
    """Return the file that libFuzzer is in for a flavour, built if need be; load nothing."""
    return asan_runtime() if flavour == "sanitize" else builder.build_engine(archive())


@cache
def load(flavour: str = "fuzz", path: Path | None = None) -> str:
    """Make libFuzzer's symbols global; return the file they come from.

    ``path`` is what prepare() returned, for whoever has called it already.

    Errors: UsageError for the sanitize flavour in a process that was not
    started with its runtime (see environment()).
    """
    if flavour == "sanitize":
        runtime = str(asan_runtime())
        if runtime not in _preloaded():
            raise UsageError(
                "the sanitize flavour needs its runtime to be preloaded: "
                f"set LD_PRELOAD={runtime}, or use pyfuzz fuzz --sanitize"
            )
        return runtime
    if "asan_with_fuzzer" in _preloaded():
        return str(asan_runtime())  # two engines in one process would split the counters
    path = path or prepare(flavour)
    try:
        ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise HarnessError(f"libFuzzer cannot be loaded: {error}; please report") from error
    return str(path)


def environment(flavour: str) -> dict[str, str]:
    """Return the environment for ``python -P -m pyfuzz.…`` that is to load this flavour."""
    variables = dict(os.environ)
    # This very package, whatever the current folder is and contains.
    path = [str(Path(__file__).resolve().parents[2]), variables.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    if flavour == "sanitize":
        variables["LD_PRELOAD"] = f"{asan_runtime()}:{builder.build_mutator()}"
        given = variables.get("ASAN_OPTIONS", "")
        ours = ":".join(f"{name}={value}" for name, value in _ASAN_OPTIONS.items())
        variables["ASAN_OPTIONS"] = f"{ours}:{given}" if given else ours
    return variables


def asan_runtime() -> Path:
    """Return atheris's AddressSanitizer runtime, which has libFuzzer in it."""
    return _beside_atheris("asan_with_fuzzer.so")


def _preloaded() -> str:
    return os.environ.get("LD_PRELOAD", "")


def archive() -> Path:
    """Return atheris's static archive of libFuzzer."""
    return _beside_atheris("libclang_rt.fuzzer_no_main.a")


def _beside_atheris(name: str) -> Path:
    """A file that atheris installs beside its package; atheris is not imported."""
    spec = importlib.util.find_spec("atheris")
    if spec is None or spec.origin is None:
        raise UsageError("atheris is not installed: run 'make setup'")
    path = Path(spec.origin).parent.parent / name
    if not path.is_file():
        raise UsageError(f"atheris has no {name} ({path}): install atheris 3.0.0 or newer")
    return path
