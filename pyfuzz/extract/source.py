# SPDX-License-Identifier: GPL-2.0-only
"""Find mmu.c, what shares its work, and their headers, in a tree or a tarball; or mmu.c alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pyfuzz import files
from pyfuzz.errors import UsageError
from pyfuzz.extract.tarball import is_tarball, refuse_archive, unpack

# Newest first: 5.6 moved the file into a folder of its own.
MMU_PATHS = ("arch/x86/kvm/mmu/mmu.c", "arch/x86/kvm/mmu.c")
# In the order in which mmu.c includes them.  Includes from its own folders are
# added, except for trace headers and the page-walk template.
HEADERS = (
    "include/linux/kvm_types.h",
    "arch/x86/include/asm/kvm_host.h",
    "include/linux/kvm_host.h",
    "arch/x86/kvm/mmu.h",
    "arch/x86/kvm/mmu/mmu_internal.h",
    "arch/x86/kvm/mmu/spte.h",
)
_POINTER = b"version https://git-lfs.github.com/spec/"
_MMU_FOLDERS = tuple(PurePosixPath(path).parent for path in MMU_PATHS)
_NOT_HEADERS = ("mmutrace.h", "trace.h", "paging_tmpl.h", "paging.h")
# What only code that works on the lists names: other C files in mmu.c's folder
# that do (a vendor's rmap.c) are read, too.
_LISTS = re.compile(r"\b(?:pte_list_desc|kvm_rmap_head)\b")
_QUOTED_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
_VERSION = re.compile(
    r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*([\w.+-]*)[ \t]*$", re.MULTILINE
)
# Ten times the longest mmu.c so far.
_MAX_FILE_BYTES = 4 << 20

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the user's kernel.

    ``text`` has one character per byte (Latin-1), whatever the encoding of the
    comments, so that the compiler gets the original bytes; lines end in ``\\n``.
    ``shown`` is the name in messages and ``#line``, ``path`` the place in the
    kernel tree.  ``is_code``: mmu.c or another C file of its folder, not a header.
    """

    path: str
    shown: str
    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class KernelSource:
    """The files found; for one mmu.c alone, ``headers`` is empty and ``version`` None.

    ``others`` are C files in mmu.c's folder that work on the lists, too.
    ``root`` is the top of the tree that ``origin`` is in; None for anything else.
    """

    origin: Path
    mmu: SourceFile
    headers: tuple[SourceFile, ...]
    version: str | None
    root: Path | None = None
    others: tuple[SourceFile, ...] = ()

    @property
    def code(self) -> tuple[SourceFile, ...]:
        """The C files: mmu.c first."""
        return (self.mmu, *self.others)

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """All files: mmu.c, headers, other C files, in the order in which definitions count."""
        return (self.mmu, *self.headers, *self.others)

    @property
    def has_no(self) -> str:
        """Begin a message: ``mmu.c has no``, or ``neither mmu.c nor rmap.c has a``."""
        if not self.others:
            return "mmu.c has no"
        others = (PurePosixPath(file.path).name for file in self.others)
        return f"neither mmu.c nor {' nor '.join(others)} has a"


def find(path: Path, progress: Progress | None = None) -> KernelSource:
    """Find the source at ``path``: a kernel tree, a tarball, or one mmu.c.

    Raises UsageError for anything else, and if a file cannot be read.
    """
    try:
        if path.is_dir():
            return _from_folder(path)
        head = files.read_head(path, 512)
        refuse_archive(path, head)
        if is_tarball(head):
            return _from_tarball(path, progress)
        return _from_file(path)
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: no such file or folder; give a kernel tree, a source tarball or one mmu.c"
        ) from error
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror or error}); "
            "give a kernel tree, a source tarball or one mmu.c that can be"
        ) from error


def _from_folder(path: Path) -> KernelSource:
    for root in roots(path):
        for inside in MMU_PATHS:
            if (root / inside).is_file():
                return _from_tree(path, root, inside, str(root))
    raise UsageError(
        f"{path}: holds no {MMU_PATHS[0]} (nor {MMU_PATHS[1]}, its place up to 5.5); "
        "give a kernel tree that has KVM for x86, a source tarball or one mmu.c"
    )


def roots(path: Path) -> Iterator[Path]:
    """Yield where the top of the tree may be: here, above, or one folder below."""
    yield path
    absolute = path.absolute()
    for inside in MMU_PATHS:
        for parent in PurePosixPath(inside).parents:
            if parent.parts and absolute.as_posix().endswith(f"/{parent}"):
                yield absolute.parents[len(parent.parts) - 1]
    folders = [entry for entry in sorted(path.iterdir()) if (entry / "arch/x86/kvm").is_dir()]
    if len(folders) == 1:
        yield folders[0]


def _from_file(path: Path) -> KernelSource:
    absolute = path.absolute()
    for inside in MMU_PATHS:
        root = absolute.parents[inside.count("/")] if len(absolute.parts) > 5 else None
        if root is not None and absolute == root / inside:
            return _from_tree(path, root, inside, None)
    return KernelSource(path, replace(_read(path, path.name, str(path)), is_code=True), (), None)


def _from_tree(origin: Path, root: Path, mmu_path: str, shown: str | None) -> KernelSource:
    """Read ``mmu_path`` and its headers below ``root``; ``shown`` None: ``origin`` is mmu.c."""

    def read(inside: str) -> SourceFile | None:
        file = root / inside
        if not file.is_file():
            return None
        name = str(origin) if shown is None and inside == mmu_path else str(file)
        return _read(file, inside, name)

    folder = PurePosixPath(mmu_path).parent
    beside = [f"{folder}/{file.name}" for file in sorted((root / folder).glob("*.c"))]
    return replace(_assemble(origin, mmu_path, beside, read), root=root)


def _from_tarball(path: Path, progress: Progress | None) -> KernelSource:
    enough = frozenset((MMU_PATHS[0], *HEADERS, "Makefile"))
    members = unpack(path, _wanted, enough, progress, label="with other C files")

    def read(inside: str) -> SourceFile | None:
        file = members.get(inside)
        return None if file is None else _read(file, inside, f"{path}:{inside}")

    for inside in MMU_PATHS:
        if inside in members:
            folder = PurePosixPath(inside).parent
            beside = [name for name in sorted(members) if PurePosixPath(name).parent == folder]
            return _assemble(path, inside, [name for name in beside if name.endswith(".c")], read)
    raise UsageError(
        f"{path}: holds no {MMU_PATHS[0]} (nor {MMU_PATHS[1]}, its place up to 5.5); "
        "give the tarball of a kernel that has KVM for x86"
    )


def _wanted(member: str) -> str | None:
    """Return the place in the tree of a tarball's member; None if it is not needed."""
    parts = PurePosixPath(member).parts
    if ".." in parts:
        return None
    for top in (0, 1, 2):
        inside = "/".join(parts[top:])
        if inside in MMU_PATHS or inside in HEADERS:
            return inside
        if inside == "Makefile" and top < 2:
            return inside
        if inside.startswith("arch/x86/kvm/") and inside.endswith(".h"):
            return inside
        if inside.endswith(".c") and PurePosixPath(inside).parent in _MMU_FOLDERS:
            return inside
    return None


def _assemble(
    origin: Path,
    mmu_path: str,
    beside: Iterable[str],
    read: Callable[[str], SourceFile | None],
) -> KernelSource:
    """Read mmu.c, those C files ``beside`` it that work on the lists, and their headers."""
    mmu = read(mmu_path)
    assert mmu is not None
    mmu = replace(mmu, is_code=True)
    others = tuple(
        replace(file, is_code=True)
        for place in beside
        if place != mmu_path and (file := read(place)) is not None and works_on_lists(file.text)
    )
    places = list(HEADERS)
    folder = PurePosixPath(mmu_path).parent
    code = "\n".join(file.text for file in (mmu, *others))
    for included in _QUOTED_INCLUDE.findall(code):
        for candidate in (folder / included, PurePosixPath("arch/x86/kvm") / included):
            place = candidate.as_posix()
            if place.endswith(".h") and candidate.name not in _NOT_HEADERS and place not in places:
                places.append(place)
    headers = [header for place in places if (header := read(place)) is not None]
    makefile = read("Makefile")
    said = version(makefile.text) if makefile is not None else None
    return KernelSource(origin, mmu, tuple(headers), said, others=others)


def works_on_lists(text: str) -> bool:
    """Tell whether a C file beside mmu.c has to be read, too."""
    return _LISTS.search(text) is not None


def version(makefile: str) -> str | None:
    """Return the version as the kernel's own build prints it: 6.19.0-rc3, 5.14.0-503.el9."""
    said: dict[str, str] = dict(_VERSION.findall(makefile))
    parts = [said.get("VERSION", ""), said.get("PATCHLEVEL", ""), said.get("SUBLEVEL") or "0"]
    if not all(part.isdigit() for part in parts):
        return None
    return ".".join(parts) + said.get("EXTRAVERSION", "")


def refuse_pointer(data: bytes, shown: str) -> None:
    """Raise UsageError for what Git LFS leaves in the place of a file that was not fetched."""
    if data.startswith(_POINTER):
        raise UsageError(
            f"{shown}: is a pointer of Git LFS, not the file itself; run git lfs pull in the tree"
        )


def _read(file: Path, inside: str, shown: str) -> SourceFile:
    size_bytes = file.stat().st_size
    if size_bytes > _MAX_FILE_BYTES:
        raise UsageError(
            f"{shown}: a source file may have {_MAX_FILE_BYTES} bytes, has {size_bytes}; "
            "give a kernel tree, a source tarball or one mmu.c"
        )
    data = file.read_bytes()
    refuse_pointer(data, shown)
    if b"\0" in data:
        raise UsageError(
            f"{shown}: is not C source (it has NUL bytes); "
            "give a kernel tree, a source tarball or one mmu.c"
        )
    text = data.decode("latin-1").replace("\r\n", "\n")
    return SourceFile(inside, shown, text)
