# SPDX-License-Identifier: GPL-2.0-only
"""Compile the generated file, and find fixes for the errors.

Static analysis only knows names.  Members, types and what macros expand to are
known to the compiler alone, and a vendor's kernel may use any of them.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.extract.parse import Index, Kind, text_of
from pyfuzz.extract.shim import is_member_type
from pyfuzz.module import compiler

_TIMEOUT_S = 120
_ERROR = re.compile(r"^(?P<file>.+?):(?P<line>\d+):\d+: (?:fatal )?error: (?P<text>.*)$")
_NO_MEMBER = re.compile(r"no member named '(\w+)' in '((?:struct|union) \w+)'")
_UNDECLARED = re.compile(r"call to undeclared function '(\w+)'")
_INCOMPLETE = re.compile(r"incomplete (?:definition of )?type '(?:const )?(struct \w+)")

# The shim's structures that can get more members, and the macro that adds them.
HOOKS = {
    "struct kvm": "PYFUZZ_KVM_EXTRA",
    "struct kvm_arch": "PYFUZZ_KVM_ARCH_EXTRA",
    "struct kvm_vm_stat": "PYFUZZ_STAT_EXTRA",
    "struct kvm_vcpu": "PYFUZZ_VCPU_EXTRA",
    "struct kvm_vcpu_arch": "PYFUZZ_VCPU_ARCH_EXTRA",
    "struct kvm_vcpu_stat": "PYFUZZ_VCPU_STAT_EXTRA",
    "struct kvm_mmu_page": "PYFUZZ_MMU_PAGE_EXTRA",
    "union kvm_mmu_page_role": "PYFUZZ_ROLE_EXTRA",
    "struct kvm_memory_slot": "PYFUZZ_SLOT_EXTRA",
    "struct kvm_arch_memory_slot": "PYFUZZ_SLOT_ARCH_EXTRA",
    "struct kvm_mmu_memory_cache": "PYFUZZ_CACHE_EXTRA",
}


@dataclass(frozen=True, slots=True)
class CompileError:
    """One compiler error, at the place that #line gives."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def errors(path: Path, defines: tuple[str, ...]) -> list[CompileError] | None:
    """Compile and discard the object; None if this machine has no compiler."""
    try:
        chosen = compiler.find()
    except UsageError:
        return None  # The build reports that, with the remedy.
    arguments = [
        *("-std=gnu11", "-w", "-Werror=implicit-function-declaration", "-ferror-limit=0"),
        *("-fno-caret-diagnostics", "-fno-color-diagnostics"),
        *(f"-I{paths.csrc()}", f"-I{paths.csrc() / 'worlds' / 'lists'}"),
        *(f"-D{define}" for define in defines),
        *("-c", str(path)),
    ]
    # An object, although only the errors matter: zig has no -fsyntax-only.
    with tempfile.TemporaryDirectory(prefix="pyfuzz-") as folder:
        return run(chosen, [*arguments, "-o", f"{folder}/object.o"], path, _TIMEOUT_S)[0]


def run(
    chosen: compiler.Compiler, arguments: list[str], blame: Path, timeout_s: float
) -> tuple[list[CompileError], str]:
    """Run the compiler; return its errors, and everything that it printed.

    ``blame`` is the file to name for an error without a place.
    Errors: UsageError if the compiler cannot be run or takes too long.
    """
    try:
        done = subprocess.run(
            [*chosen.command, *arguments],
            env=chosen.environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            f"the compiler {chosen.command[0]} cannot be run ({error}); see pyfuzz doctor"
        ) from error
    found = [
        CompileError(match["file"], int(match["line"]), match["text"])
        for line in done.stderr.splitlines()
        if (match := _ERROR.match(line))
    ]
    if done.returncode and not found:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        found.append(CompileError(str(blame), 0, last))
    return found, done.stderr


_UNKNOWN = re.compile(
    r"use of undeclared identifier '(\w+)'|unknown type name '(\w+)'"
    r"|call to undeclared (?:library )?function '(\w+)'|'(\w+)' file not found"
)


def unknown_name(error: CompileError) -> str | None:
    """Return the name that is not declared; None for any other error.

    A missing member counts only if the structure is one of the shim's.
    """
    if match := _UNKNOWN.search(error.text):
        return next(name for name in match.groups() if name)
    if (match := _NO_MEMBER.search(error.text)) and match[2] in HOOKS:
        return match[1]
    return None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A fix for an error: a name to stub or to take, or a member to add."""

    name: str
    hook: str = ""
    member: str = ""


def remedy(error: CompileError, index: Index) -> Remedy | None:
    """Return a fix for an error, None if there is none.

    An undeclared variable gets no fix: it is more likely a mistake in the code
    under test than a vendor's global.
    """
    if match := _NO_MEMBER.search(error.text):
        name, structure = match.groups()
        member = _member(index, structure, name) if structure in HOOKS else None
        return Remedy(name, HOOKS[structure], member) if member else None
    if (match := _UNDECLARED.search(error.text)) and index.find(match[1]) is None:
        return Remedy(match[1])
    if (match := _INCOMPLETE.search(error.text)) and index.find(match[1]) is not None:
        return Remedy(match[1])
    return None


_ARRAY = re.compile(r"\[\s*([A-Za-z_]\w*)\s*\]")
_PLAIN_NUMBER = re.compile(r"\(?\s*(\d+|0x[0-9a-fA-F]+)[uUlL]*\s*\)?")
_MAX_ALIASES = 8


def _sized(declared: str, index: Index) -> str:
    """Replace a macro for an array's size by its value in the tree."""

    def number(found: re.Match[str]) -> str:
        name = found[1]
        for _ in range(_MAX_ALIASES):
            item = index.find(name)
            if item is None or item.kind is not Kind.MACRO or item.node is None:
                break
            value = text_of(item.node.child_by_field_name("value")).strip()
            if plain := _PLAIN_NUMBER.fullmatch(value):
                return f"[{plain[1]}]"
            name = value
        return found[0]

    return _ARRAY.sub(number, declared)


def _member(index: Index, structure: str, name: str) -> str | None:
    """Return the declaration of a member: the tree's if that is simple, else a long.

    None if the tree has the structure but no such member.
    """
    item = index.find(structure)
    if item is None or item.node is None:
        return f"long {name};"
    if not re.search(rf"\b{name}\b", item.text):
        return None
    body = item.node.child_by_field_name("body")
    for node in body.children if body is not None else ():
        declared = text_of(node)
        if node.type != "field_declaration" or not re.search(rf"\b{name}\b", declared):
            continue
        declared = _sized(declared, index)
        words = set(re.findall(r"[A-Za-z_]\w*", declared)) - {name, "const", "volatile"}
        if "," not in declared and all(map(is_member_type, words)):
            return " ".join(declared.split())
    return f"long {name};"
