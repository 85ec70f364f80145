# SPDX-License-Identifier: GPL-2.0-only
"""Every file that our documents and comments name exists, and every link in a document works."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A path from the top of the repository, or from csrc/, as an #include has it.
FOLDERS = ("csrc", "pyfuzz", "tests", "docs", "bench", "corpus", r"\.ci", r"\.github")
OF_CSRC = ("harness", "shim", "ports", "engine", "worlds", "repro", "lines", "mutants", "python")
FROM_TOP = re.compile(rf"(?<![\w./$~*-])(?:{'|'.join(FOLDERS)})/[\w./*-]*[\w*](?![\w{{])")
FROM_CSRC = re.compile(rf"(?<![\w./$~*-])(?:{'|'.join(OF_CSRC)})/[\w./-]*\w\.(?:c|h|def)\b")
# A file named without its folder.  Not .c and .h: those may be a kernel's.
BARE = re.compile(r"(?<![\w./$~*<-])\w+\.(?:py|md|j2|def)\b(?![/(])")
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMENT_OF_C = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = sorted(
    path
    for folder in ("csrc", "pyfuzz", "tests", "bench")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".c", ".h", ".def", ".toml") and "__pycache__" not in path.parts
)
SOURCES.append(ROOT / "build.py")
# Read as a whole: what they run must exist, too.
SCRIPTS = [
    ROOT / "Makefile",
    *sorted(path for path in (ROOT / ".ci").iterdir() if path.suffix in ("", ".sh")),
    *sorted((ROOT / ".github").rglob("*.yml")),
]


def comments(path: Path) -> str:
    """Return the comments of a source file, and of Python its docstrings."""
    text = path.read_text(errors="replace")
    match path.suffix:
        case ".py":
            tokens = tokenize.generate_tokens(io.StringIO(text).readline)
            found = [token.string for token in tokens if token.type == tokenize.COMMENT]
            return "\n".join([*found, *docstrings(text)])
        case ".toml":
            return "\n".join(re.findall(r"^#.*$", text, re.MULTILINE))
        case _:
            return "\n".join(COMMENT_OF_C.findall(text))


def docstrings(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


@cache
def names() -> frozenset[str]:
    """Return the names of all files of ours."""
    folders = [ROOT / folder.replace("\\", "") for folder in FOLDERS]
    below = (path.name for folder in folders for path in folder.rglob("*"))
    return frozenset([*below, *(path.name for path in ROOT.iterdir())])


def missing(text: str) -> list[str]:
    """Return the files that a text names and that do not exist."""
    # NAME and the like stand for any name.
    patterns = [re.sub(r"\b[A-Z]{2,}\b", "*", path) for path in FROM_TOP.findall(text)]
    gone = [path for path in patterns if not any(ROOT.glob(path))]
    gone += [path for path in FROM_CSRC.findall(text) if not (ROOT / "csrc" / path).exists()]
    gone += [name for name in BARE.findall(text) if name not in names()]
    return sorted(set(gone))


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives a document's headings."""
    headings = HEADING.findall(FENCE.sub("", document.read_text()))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_a_document_names_exist(document: Path) -> None:
    assert [] == missing(document.read_text())


def test_files_that_comments_name_exist() -> None:
    found = {str(path.relative_to(ROOT)): missing(comments(path)) for path in SOURCES}
    assert {} == {path: gone for path, gone in found.items() if gone}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_files_that_a_script_names_exist(script: Path) -> None:
    assert [] == missing(script.read_text())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", document.read_text())):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert [] == broken


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("see docs/gone.md", ["docs/gone.md"]),
        ("read by csrc/harness/gone.c.", ["csrc/harness/gone.c"]),
        ("harness/gone.h has them", ["harness/gone.h"]),
        ("`gone.py` is one worker", ["gone.py"]),
        ("csrc/ports/*.c, docs/, ~/docs/x.md, arch/x86/kvm/mmu/mmu.c, kvm_host.h", []),
        ("pyfuzz/worlds/NAME/world.py", []),
        ("out/tests/x.py and a.b.py() are not ours, pyproject.toml is", []),
    ],
)
def test_missing_sees_what_is_not_there_and_nothing_else(text: str, gone: list[str]) -> None:
    assert gone == missing(text)
