# SPDX-License-Identifier: GPL-2.0-only
"""What a change is compared with: an earlier campaign, a kernel before the change, a port."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pyfuzz import world
from pyfuzz.errors import UsageError
from pyfuzz.export import subject
from pyfuzz.export.subject import Item
from pyfuzz.run import worlds as run_worlds
from pyfuzz.run.folder import MARKER
from pyfuzz.target.catalogue import TARGETS, Target
from pyfuzz.target.kernel import Kernel
from pyfuzz.target.known_findings import Known

RUN, KERNEL, PORT = "run folder", "kernel", "target"


@dataclass(frozen=True, slots=True)
class Base:
    """What findings are compared with.

    ``what`` is RUN, KERNEL or PORT, and says what ``name`` names.  A kernel and a
    port have a ``target``: code that sequences can be run on.  A run folder has
    ``items``: what was found then, whatever else its code would show.
    """

    what: str
    name: str
    target: Target | None = None
    items: tuple[Item, ...] = ()

    @property
    def described(self) -> str:
        """What it was taken for, in a few words."""
        if self.what != RUN:
            return f"the {self.what} {self.name}"
        count = f"{len(self.items)} finding{'s' * (len(self.items) != 1)}"
        return f"the run folder {self.name} ({count})"


def find(
    name: str,
    entries: Iterable[Known] = (),
    *,
    like: Kernel | None = None,
    progress: Callable[[str], None] | None = None,
) -> Base:
    """Return the base that a user named; what exists under that name decides what it is.

    A folder with run.json is a run folder, any other path that exists is a
    kernel, built as ``like`` is, and what does not exist is the name of a
    target.  Errors: UsageError.
    """
    # What is compared is a campaign of this world.
    path = run_worlds.the_run(Path(name), world.DEFAULT)
    if (path / MARKER).is_file():
        return _run(path, entries)
    from pyfuzz.extract.revision import split  # noqa: PLC0415 (brings the C parser)

    if path.exists() or split(path):
        # The patches are the change; the base is without them.
        asked = replace(like, path=path, patches=()) if like else Kernel(path)
        return _kernel(asked, progress)
    if name not in TARGETS:
        raise UsageError(
            f"--base must be a run folder, a kernel (a tree, a source tarball, one mmu.c) or a "
            f"target, '{name}' is none of these; pyfuzz targets lists the targets"
        )
    return Base(PORT, name, TARGETS[name])


def _run(path: Path, entries: Iterable[Known]) -> Base:
    # What was fuzzed then may be gone; the findings do not need it.
    stand_in = next(iter(TARGETS.values()))
    read = subject.of_run(path, entries, stand_in)
    return Base(RUN, str(path), None, read.items)


def _kernel(kernel: Kernel, progress: Callable[[str], None] | None) -> Base:
    from pyfuzz.extract import extract  # noqa: PLC0415 (brings the C parser)

    try:
        found = extract(kernel, progress=progress)
    except UsageError as error:
        run = (
            f" (it has no {MARKER} either, so it is not a run folder)"
            if kernel.path.is_dir()
            else ""
        )
        raise UsageError(f"--base {error}{run}") from None
    return Base(KERNEL, str(kernel), found.target)
