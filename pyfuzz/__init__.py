# SPDX-License-Identifier: GPL-2.0-only
"""Fuzz the reverse maps of KVM's shadow MMU.

A map of the package, from a user's side inwards:

- ``cli``: the command line, one module per command
- ``campaign``, ``worker``, ``status``, ``summary``, ``doctor``: fuzzing a target
- ``sequence``, ``operation``, ``grammar``, ``container``: sequences and their files
- ``catalogue``: the targets that come along; ``extract``: those cut out of a kernel
- ``kinds``, ``results``, ``errors``: what is reported; ``known``: what is no news;
  ``shape``: which findings are one bug
- ``stats``, ``sampling``, ``provenance``: what a campaign keeps for its ``report``;
  ``lines``, ``dwarf``, ``source_text``: coverage of the target's source
- ``export``, ``regression``: findings for other programs, and for pytest
- ``builder`` (with ``build.py``), ``compiler``, ``_engine``, ``_native``, ``_atheris``:
  from C source to a module that the engine drives
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """Look up the version only on demand: that takes longer than starting a worker."""
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            return version("pyfuzz")
        except PackageNotFoundError:  # a checkout that is used without being installed
            return "0+unknown"
