# SPDX-License-Identifier: GPL-2.0-only
"""Find the kernel's tree; from a tarball, unpack what KVM's MMU needs to compile."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pyfuzz import files
from pyfuzz.errors import UsageError
from pyfuzz.extract import source
from pyfuzz.extract.pages import copies
from pyfuzz.extract.revision import bare_name, split
from pyfuzz.extract.source import Progress
from pyfuzz.extract.tarball import is_tarball, refuse_archive, unpack
from pyfuzz.target.kernel import Kernel

_MMU = source.MMU_PATHS[0]
# Many headers, none of which KVM includes.
_NOT_INCLUDED = ("include/dt-bindings/", "include/sound/", "include/drm/", "include/media/")
_OWN = ("mmu.c", "spte.c", "page_track.c")
_INCLUDES_C = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"(\w+\.c)"', re.MULTILINE)
_NEEDED = ("include/linux/kvm_host.h", "include/linux/list.h", "arch/x86/include/asm/kvm_host.h")


@dataclass(frozen=True, slots=True)
class Tree:
    """A kernel's tree, or as much of it as KVM's MMU needs to compile.

    ``origin`` is what the user gave, or the copy of it, and names the target.
    """

    root: Path
    origin: Path

    @property
    def kvm(self) -> Path:
        """Return the folder of KVM's own files for x86."""
        return self.root / "arch/x86/kvm"

    def code(self) -> list[Path]:
        """Return the files to compile, in order: KVM's own, then others that work on lists.

        A file that one of KVM's own includes (mmu_audit.c, up to 5.18) is part of that.
        """
        folder = self.kvm / "mmu"
        own = [folder / name for name in _OWN if (folder / name).is_file()]
        included = {name for path in own for name in _INCLUDES_C.findall(path.read_text("latin-1"))}
        others = [
            path
            for path in sorted(folder.glob("*.c"))
            if path.name not in (*_OWN, *included)
            and path.is_file()
            and source.works_on_lists(path.read_text("latin-1"))
        ]
        return [*own, *others]


def find(kernel: Kernel, progress: Progress | None = None) -> Tree:
    """Find the tree of a kernel: a tree, a tarball, or an mmu.c in a tree.

    Raises UsageError that says what is missing where it cannot be compiled.
    """
    named = split(kernel.path)
    path = copies.of_revision(*named, _is_wanted) if named else kernel.path
    # The compiler reads a text that is elsewhere, so no path may depend on the current folder.
    root = Path(os.path.abspath(_root(path, progress)))  # noqa: PTH100 - ".." must go
    missing = [name for name in _NEEDED if not (root / name).is_file()]
    if missing:
        raise UsageError(
            f"{kernel}: has no {missing[0]}; the world pages compiles mmu.c against the kernel's "
            "own headers: give the whole tree or the source tarball"
        )
    for name in (_MMU, *_NEEDED):
        source.refuse_pointer(files.read_head(root / name, 64), str(root / name))
    if not kernel.patches:
        return Tree(root, path)
    patched = copies.patched(root, bare_name(path), kernel.patches, _is_wanted)
    return Tree(patched, patched)


def why_not(kernel: Kernel) -> str:
    """Return why a kernel certainly cannot be compiled, as far as that is told without unpacking.

    "" if it may be.
    """
    if split(kernel.path) or (
        kernel.path.is_file() and is_tarball(files.read_head(kernel.path, 512))
    ):
        return ""
    try:
        find(kernel)
    except UsageError as error:
        return str(error)
    return ""


def _root(path: Path, progress: Progress | None) -> Path:
    if path.is_dir():
        for root in source.roots(path):
            if (root / _MMU).is_file():
                return root
        raise UsageError(f"{path}: holds no {_MMU}, which the world pages tests (from 5.9 on)")
    head = files.read_head(path, 512)
    refuse_archive(path, head)
    if is_tarball(head):
        return _from_tarball(path, progress)
    absolute = path.absolute()
    if absolute.as_posix().endswith(f"/{_MMU}"):
        return absolute.parents[_MMU.count("/")]
    raise UsageError(
        f"{path}: the world pages needs the kernel's headers beside mmu.c: "
        "give the whole tree or the source tarball"
    )


def _from_tarball(path: Path, progress: Progress | None) -> Path:
    members = unpack(path, _wanted, frozenset(), progress, label="pages")
    if _MMU not in members:
        raise UsageError(f"{path}: holds no {_MMU}; give the tarball of a kernel from 5.9 on")
    return members[_MMU].parents[_MMU.count("/")]


def _is_wanted(name: str) -> bool:
    return _wanted(name) == name


def _wanted(member: str) -> str | None:
    parts = PurePosixPath(member).parts
    if ".." in parts:
        return None
    for top in (0, 1, 2):
        inside = "/".join(parts[top:])
        if inside == "Makefile" and top < 2:
            return inside
        if inside.startswith(_NOT_INCLUDED):
            return None
        if inside.startswith(("include/", "arch/x86/include/")):
            return inside
        if inside.startswith(("arch/x86/kvm/", "virt/kvm/")) and inside.endswith((".h", ".c")):
            return inside
    return None


def version(tree: Tree) -> str | None:
    """Return the version in the tree's Makefile, for information."""
    makefile = tree.root / "Makefile"
    return source.version(makefile.read_text("latin-1")) if makefile.is_file() else None


def digest(tree: Tree) -> str:
    """Return a hash of KVM's own files, which identifies the extraction."""
    total = hashlib.sha256()
    for path in (
        *tree.code(),
        *sorted(tree.kvm.rglob("*.h")),
    ):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
