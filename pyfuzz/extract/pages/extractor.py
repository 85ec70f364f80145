# SPDX-License-Identifier: GPL-2.0-only
"""From a tree to one C file that compiles: probe, collect, fill in, compile."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from pyfuzz import files, paths
from pyfuzz.errors import UsageError
from pyfuzz.extract.check import CompileError
from pyfuzz.extract.extractor import label
from pyfuzz.extract.pages import compile as compiling
from pyfuzz.extract.pages import generate, headers, kept, symbols, tree
from pyfuzz.extract.pages.entered import refuse_foreign, refuse_special
from pyfuzz.extract.pages.extraction import PagesExtraction
from pyfuzz.extract.source import Progress
from pyfuzz.target.catalogue import EXTRACTED, Target
from pyfuzz.target.kernel import Kernel

_NO_HEADER = re.compile(r"'([\w/.-]+\.h)' file not found")
_MAX_HEADERS = 24
# What the code under test calls in tdp_mmu.c (two-dimensional paging), which is
# off here: never called, so not worth a note.
_UNREACHABLE = re.compile(r"\w*tdp_mmu\w*")
# The operations of the world, each with the probes of which one must hold.
_OPERATIONS = {
    "change-pte": ("SET_SPTE_GFN", "SET_SPTE_HVA"),
    "age": ("AGE_GFN", "AGE_HVA"),
    "write-protect": ("WRITE_PROTECT",),
    "clear-dirty": ("CLEAR_DIRTY",),
    "collapse": ("ZAP_COLLAPSIBLE", "RECOVER_HUGE"),
    "split": ("SPLIT",),
    "zap-range": ("ZAP_GFN_RANGE",),
    "reclaim": ("ZAP_OLDEST",),
    "recover-nx": ("RECOVER_NX_HUGE", "RECOVER_NX_HUGE_TYPE", "RECOVER_NX_LPAGES"),
    "zap-all-fast": ("ZAP_ALL_FAST",),
    "bug": ("KVM_BUG",),
}


def extract(kernel: Kernel, *, progress: Progress | None = None) -> PagesExtraction:
    """Compile the complete MMU of a kernel; UsageError if that fails."""
    return _Extractor(tree.find(kernel, progress), kernel).run(progress)


@dataclass(slots=True)
class _Missing:
    """What the kernel's files need from elsewhere and nothing defines."""

    variables: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class _Extractor:
    def __init__(self, found: tree.Tree, asked: Kernel) -> None:
        self.asked = asked
        self.kernel = found
        self.defines = asked.defines
        self.name = label(found.origin) + ("+bug-on-data-corruption" if asked.defines else "")
        self.code = found.code()
        self.empty: set[str] = set()

    def run(self, progress: Progress | None) -> PagesExtraction:
        """Return the cached extraction of the same files, or extract."""
        key = kept.key(self.kernel, self.name, self.defines)
        result = kept.load(key)
        if result is None:
            if progress is not None:
                progress("compiling the kernel's MMU, once")
            result = self._extract()
            kept.store(key, result)
        return self._result(result)

    def _extract(self) -> kept.Kept:
        refuse_special(self.kernel.root)
        with tempfile.TemporaryDirectory(prefix="pyfuzz-") as folder:
            self.folder = Path(folder)
            have = self._probe()
            missing = self._missing(have)
            text = self._expand(self._text(have, missing), "target")
            elsewhere = symbols.scattered(self._compile(text))
            source = _keep(text.read_bytes() + generate.scattered(elsewhere).encode())
        return kept.Kept(
            source=str(source),
            have=have,
            zeroed=[*missing.variables, *missing.words],
            made_up=[one for one in missing.functions if not _UNREACHABLE.fullmatch(one)],
            absent=sorted(self.empty),
        )

    def _result(self, result: kept.Kept) -> PagesExtraction:
        have = set(result.have)
        lacks = [name for name, any_of in _OPERATIONS.items() if not have.intersection(any_of)]
        made_up = tuple(result.made_up)
        return PagesExtraction(
            target=Target(
                name=self.name,
                generation=EXTRACTED,
                policy="its own, compiled whole",
                source=Path(result.source),
                world="pages",
            ),
            origin=self.kernel.origin,
            mmu=str(self.code[0]),
            code=tuple(str(path) for path in self.code),
            have=tuple(result.have),
            lacks=tuple(lacks),
            zeroed=tuple(result.zeroed),
            made_up=made_up,
            absent=tuple(result.absent),
            kernel_version=tree.version(self.kernel),
            sha256=tree.digest(self.kernel),
        )

    def _probe(self) -> list[str]:
        text = self._expand(generate.probing(self.code), "probes")
        outcome = compiling.check(text, self.folder / "probes.o")
        have, others = generate.answered(outcome.errors)
        if others:
            raise self._failed(others[0])
        return have

    def _missing(self, have: list[str]) -> _Missing:
        """Sort undefined names into variables and functions."""
        text = self._text(have)
        asked = symbols.undefined(self._compile(self._expand(text, "first")))
        second = self._expand(generate.asking(text, asked), "second")
        errors = compiling.check(second, self.folder / "second.o").errors
        no_function = {asked[e.line - 1] for e in errors if e.file == generate.FUNCTION}
        undeclared = {asked[e.line - 1] for e in errors if e.file == generate.DECLARED}
        return _Missing(
            variables=[one for one in asked if one in no_function - undeclared],
            functions=[one for one in asked if one not in no_function],
            words=[one for one in asked if one in undeclared],
        )

    def _text(self, have: list[str], missing: _Missing | None = None) -> str:
        missing = missing or _Missing()
        return generate.target(
            self.code, self.name, have, missing.variables, missing.functions, missing.words
        )

    def _expand(self, text: str, stem: str) -> Path:
        """Preprocess; a missing header is replaced by an empty one."""
        source, result = self.folder / f"{stem}.c", self.folder / f"{stem}.i.c"
        source.write_text(text)
        for _ in range(_MAX_HEADERS):
            includes = headers.write(self.kernel, self.folder / "generated", frozenset(self.empty))
            outcome = compiling.preprocess(source, result, self.kernel, includes, self.defines)
            if result.is_file():
                refuse_foreign(
                    result.read_text("latin-1"), (self.kernel.root, self.folder, paths.csrc())
                )
            missing = _NO_HEADER.search(outcome.text)
            if missing is None or missing[1] in self.empty:
                break
            self.empty.add(missing[1])
        if outcome.errors:
            raise self._failed(outcome.errors[0])
        return result

    def _compile(self, text: Path) -> Path:
        result = text.with_suffix(".o")
        outcome = compiling.check(text, result)
        if outcome.errors:
            raise self._failed(outcome.errors[0])
        return result

    def _failed(self, error: CompileError) -> UsageError:
        return failed(self.asked, error, frozenset(self.empty))


def failed(asked: Kernel, error: CompileError, absent: frozenset[str]) -> UsageError:
    """Return what a user is told where a kernel does not compile; the tree lacks ``absent``."""
    remedy = "fuzz its lists with --world lists"
    if absent:
        # The most likely cause, wherever the compiler then stumbled.
        first, *others = sorted(absent)
        more = f" and {len(others)} other header{'s' * (len(others) > 1)}" if others else ""
        remedy = f"the tree lacks {first}{more}: give the whole tree, or {remedy}"
    elif Path(error.file).is_relative_to(paths.csrc()):
        why = "its structures are not as in the kernels that pyfuzz knows (from 5.9 on)"
        return UsageError(f"{asked}: {why}: {error}; {remedy}")
    return UsageError(f"{asked}: does not compile for the world pages: {error}; {remedy}")


def _keep(data: bytes) -> Path:
    """Write the text to the build folder, under a name derived from its content."""
    folder = paths.build_dir() / "extracted" / hashlib.sha256(data).hexdigest()[:16]
    path = folder / "pages.c"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        files.write_beside(path, data)
    return path
