# SPDX-License-Identifier: GPL-2.0-only
"""Run the compiler with the flags of a kernel build, into a scratch folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import paths
from pyfuzz.extract.check import CompileError, run
from pyfuzz.extract.pages.tree import Tree
from pyfuzz.module import compiler

_TIMEOUT_S = 300
# Takes a second or two; a FIFO from outside of the tree would never end.
_PREPROCESS_TIMEOUT_S = 60

# Flags that change the meaning of the kernel's code, in addition to build.py's.
FLAGS = (
    "-std=gnu11",
    "-fms-extensions",
    "-funsigned-char",
    "-fshort-wchar",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-mno-red-zone",
)
_CHECK = (
    *("-O2", "-fPIC", "-fno-strict-aliasing", "-fwrapv", "-fno-delete-null-pointer-checks"),
    *("-fno-sanitize=all", "-w", "-Werror=implicit-function-declaration"),
    *("-ferror-limit=0", "-fno-caret-diagnostics", "-fno-color-diagnostics"),
)
_DEFINES = (
    "-D__KERNEL__",
    "-DMODULE",
    "-D__DISABLE_EXPORTS",
    # As csrc/kernel/include/linux/compiler_attributes.h, where kernels do not use __section().
    "-D__section__(name)=",
    '-DKBUILD_MODNAME="kvm"',
    '-DKBUILD_BASENAME="mmu"',
    '-DKBUILD_MODFILE="kvm"',
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of running the compiler."""

    errors: tuple[CompileError, ...]
    text: str


def preprocess(
    source: Path, result: Path, tree: Tree, includes: Sequence[Path], defines: Sequence[str]
) -> Outcome:
    """Preprocess ``source``, which includes the kernel's files, into one text."""
    ours = paths.csrc() / "kernel/include"
    root = tree.root
    folders = (ours, *includes, tree.kvm, root / "virt/kvm", tree.kvm / "mmu", paths.csrc())
    arguments = [
        *("-nostdinc", "-E", *_DEFINES, *(f"-D{define}" for define in defines)),
        *(f"-I{folder}" for folder in folders),
        *("-include", str(root / "include/linux/kconfig.h")),
        *("-include", str(root / "include/linux/compiler_types.h")),
        *(str(source), "-o", str(result)),
    ]
    return _run(arguments, result, _PREPROCESS_TIMEOUT_S)


def check(source: Path, result: Path) -> Outcome:
    """Compile a preprocessed text, with its variables where those of a target are."""
    sections = paths.csrc() / "worlds/pages/kernel/sections.h"
    return _run(["-include", str(sections), "-c", str(source), "-o", str(result)], result)


def _run(arguments: Sequence[str], result: Path, timeout_s: int = _TIMEOUT_S) -> Outcome:
    flags = [*FLAGS, *_CHECK, *arguments]
    errors, text = run(compiler.find(), flags, result, timeout_s)
    return Outcome(tuple(errors), text)
