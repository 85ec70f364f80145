# SPDX-License-Identifier: GPL-2.0-only
"""Take a few files out of a source tarball, once, since reading it takes seconds."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from pyfuzz import paths
from pyfuzz.errors import UsageError

_TARBALLS = (b"\xfd7zXZ\0", b"\x1f\x8b", b"BZh")
_USTAR = slice(257, 262)
_LIST = "members.json"
_CORRUPT = (tarfile.TarError, lzma.LZMAError, gzip.BadGzipFile, zlib.error, EOFError)

# Other archives that people have at hand, and what to do with them.
_ARCHIVES = (
    (b"!<arch>\n", "is a Debian package; unpack it with: dpkg -x FILE DIR"),
    (b"PK\x03\x04", "is a zip archive; unpack it and give the folder"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it and give the folder"),
    (b"\xed\xab\xee\xdb", "is an RPM package; unpack it and give the tarball in it"),
)


# Far above any kernel's: 1.6 GiB in 100,000 members.
_MAX_MEMBERS = 1_000_000
_MAX_BYTES = 16 << 30
_MAX_MEMBER_BYTES = 64 << 20
# A name or another attribute of a member that is longer than the header's field.
_MAX_ATTRIBUTE_BYTES = 1 << 20
_ATTRIBUTES = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


class _Member(tarfile.TarInfo):
    """A member whose attributes, which tarfile reads into memory, are not too long."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _ATTRIBUTES and self.size > _MAX_ATTRIBUTE_BYTES:
            raise tarfile.ReadError(f"a member's attributes have {self.size:,} bytes")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]


def is_tarball(head: bytes) -> bool:
    """Tell from a file's first 512 bytes whether it is a readable tarball."""
    return head.startswith(_TARBALLS) or head[_USTAR] == b"ustar"


def refuse_archive(path: Path, head: bytes) -> None:
    """Raise UsageError, with the remedy, for an archive that is not a tarball."""
    for magic, remedy in _ARCHIVES:
        if head.startswith(magic):
            raise UsageError(f"{path}: {remedy}")


def unpack(
    path: Path,
    wanted: Callable[[str], str | None],
    enough: frozenset[str],
    progress: Callable[[str], None] | None,
    label: str = "",
) -> dict[str, Path]:
    """Unpack the members that ``wanted`` maps to a name; return name -> file.

    Stops reading once it has the names in ``enough``, if there are any: a tarball
    is sorted by folder, and what follows takes seconds.

    The files stay in the ignored build folder, keyed by the tarball's path, size
    and time, and by ``label``, which names what is wanted.
    Raises UsageError for a tarball that is corrupt.
    """
    stat = path.stat()
    key = f"{path.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}{label}"
    folder = paths.build_dir() / "sources" / hashlib.sha256(key.encode()).hexdigest()[:16]
    if not (folder / _LIST).is_file():
        if progress is not None:
            progress(f"reading {path.name} ({stat.st_size >> 20} MiB), once")
        _unpack_into(path, wanted, enough, folder)
    names: list[str] = json.loads((folder / _LIST).read_text("utf-8"))
    return {name: folder / name for name in names}


def _unpack_into(
    path: Path, wanted: Callable[[str], str | None], enough: frozenset[str], folder: Path
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Unpacked under another name and renamed when complete, so that an interrupted
    # or a concurrent process never leaves half of it.
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".unpack-"))
    try:
        names = _extract_members(path, wanted, enough, scratch)
        (scratch / _LIST).write_text(json.dumps(sorted(names)), "utf-8")
        try:
            scratch.rename(folder)
        except OSError:
            if not (folder / _LIST).is_file():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _extract_members(
    path: Path, wanted: Callable[[str], str | None], enough: frozenset[str], folder: Path
) -> set[str]:
    names: set[str] = set()
    try:
        with tarfile.open(path, "r|*", tarinfo=_Member) as archive:
            for number, member in enumerate(archive):
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
                _check_size(path, number, member)
                name = wanted(member.name) if member.isreg() else None
                if name is None or name in names:
                    continue
                if member.size > _MAX_MEMBER_BYTES:
                    raise UsageError(
                        f"{path}: {member.name} must have at most {_MAX_MEMBER_BYTES:,} bytes, "
                        f"has {member.size:,}: it is not a source file of a kernel"
                    )
                content = archive.extractfile(member)
                assert content is not None
                file = folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("wb") as out:
                    shutil.copyfileobj(content, out)
                names.add(name)
                if enough and enough <= names:
                    break
    except _CORRUPT as error:
        raise UsageError(
            f"{path}: is truncated or corrupt ({error}); fetch the tarball again"
        ) from error
    return names


def _check_size(path: Path, number: int, member: tarfile.TarInfo) -> None:
    """Refuse a tarball that is not a kernel's before it costs hours or fills the disk."""
    for value, limit, of in (
        (number + 1, _MAX_MEMBERS, "have {:,} members"),
        (member.offset_data + member.size, _MAX_BYTES, "unpack to {:,} bytes"),
    ):
        if value > limit:
            raise UsageError(
                f"{path}: a kernel's tarball may {of.format(limit)}, this one has more; "
                "unpack what you trust of it and give the folder"
            )
