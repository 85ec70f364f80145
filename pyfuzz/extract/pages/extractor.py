# SPDX-License-Identifier: GPL-2.0-only
"""From a tree to one C file that compiles: probe, gather, fill in, try."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from pyfuzz import files, paths
from pyfuzz.errors import UsageError
from pyfuzz.extract.check import CompileError
from pyfuzz.extract.pages import compile as compiling
from pyfuzz.extract.pages import generate, headers, symbols, tree
from pyfuzz.extract.source import Progress

_NO_HEADER = re.compile(r"'([\w/.-]+\.h)' file not found")
_MAX_HEADERS = 24
_CONFIG = "CONFIG_BUG_ON_DATA_CORRUPTION"
# What the code under test asks the part for hardware page tables (tdp_mmu.c),
# which stays off here: never called, so nobody needs to hear of it.
_UNREACHABLE = re.compile(r"\w*tdp_mmu\w*")


@dataclass(frozen=True, slots=True)
class PagesExtraction:
    """A kernel made into a target of the world ``pages``.

    ``source`` is the one C file.  ``have`` are the probes that hold, ``zeroed``
    variables of the kernel's that nobody set, ``made_up`` functions that return
    0 and say so when they are called.
    """

    source: Path
    defines: tuple[str, ...]
    code: tuple[Path, ...]
    have: tuple[str, ...]
    zeroed: tuple[str, ...]
    made_up: tuple[str, ...]
    digest: str


def extract(
    path: Path,
    name: str = "kernel",
    *,
    bug_on_data_corruption: bool = False,
    progress: Progress | None = None,
) -> PagesExtraction:
    """Compile the MMU of the kernel at ``path``; UsageError where that fails."""
    return _Extractor(tree.find(path, progress), name, bug_on_data_corruption).run()


@dataclass(slots=True)
class _Missing:
    """What the kernel's files want from others and nobody has."""

    variables: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class _Extractor:
    def __init__(self, kernel: tree.Tree, name: str, corruption_bug: bool) -> None:
        self.kernel = kernel
        self.name = name
        self.defines = (f"{_CONFIG}=1",) if corruption_bug else ()
        self.code = kernel.code()
        self.empty: set[str] = set()
        self.digest = tree.digest(kernel)

    def run(self) -> PagesExtraction:
        with tempfile.TemporaryDirectory(prefix="pyfuzz-") as folder:
            self.folder = Path(folder)
            have = self._probe()
            missing = self._missing(have)
            text = self._expand(self._text(have, missing), "target")
            self._compile(text)
            source = _keep(text.read_bytes())
        quiet = [one for one in missing.functions if _UNREACHABLE.fullmatch(one)]
        return PagesExtraction(
            source=source,
            defines=(),
            code=tuple(self.code),
            have=tuple(have),
            zeroed=(*missing.variables, *missing.words),
            made_up=tuple(one for one in missing.functions if one not in quiet),
            digest=self.digest,
        )

    def _probe(self) -> list[str]:
        text = self._expand(generate.probing(self.code), "probes")
        outcome = compiling.check(text, self.folder / "probes.o")
        have, others = generate.answered(outcome.errors)
        if others:
            raise self._failed(others[0])
        return have

    def _missing(self, have: list[str]) -> _Missing:
        """Sort what nobody defines into variables and functions."""
        asked = symbols.undefined(self._compile(self._expand(self._text(have), "first")))
        text = self._expand(self._text(have, _Missing(variables=asked)), "second")
        outcome = compiling.check(text, self.folder / "second.o")
        words = [
            asked[error.line - 1] for error in outcome.errors if error.file == generate.MISSING
        ]
        missing = _Missing(variables=[one for one in asked if one not in words], words=words)
        left = symbols.undefined(self._compile(self._expand(self._text(have, missing), "third")))
        missing.variables = [one for one in missing.variables if one not in left]
        missing.functions = left
        return missing

    def _text(self, have: list[str], missing: _Missing | None = None) -> str:
        missing = missing or _Missing()
        return generate.target(
            self.code, self.name, have, missing.variables, missing.functions, missing.words
        )

    def _expand(self, text: str, stem: str) -> Path:
        """Preprocess; a header that is nowhere becomes an empty one."""
        source, result = self.folder / f"{stem}.c", self.folder / f"{stem}.i.c"
        source.write_text(text)
        for _ in range(_MAX_HEADERS):
            includes = headers.write(self.kernel, self.folder / "generated", frozenset(self.empty))
            outcome = compiling.preprocess(source, result, self.kernel.root, includes, self.defines)
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
        return UsageError(
            f"{self.kernel.origin}: the world pages does not compile: {error}; "
            "fuzz its lists alone with --world lists"
        )


def _keep(data: bytes) -> Path:
    """Keep the text in the build folder, under a name that its content gives."""
    folder = paths.build_dir() / "extracted" / hashlib.sha256(data).hexdigest()[:16]
    path = folder / "pages.c"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        files.write_beside(path, data)
    return path
