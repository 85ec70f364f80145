# SPDX-License-Identifier: GPL-2.0-only
"""What all HTML pages have in common: the templates' rules, and how a page is written.

Each page has templates of its own, and uses the report's style sheet, script and macros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pyfuzz import __version__
from pyfuzz.errors import UsageError
from pyfuzz.files import write_beside

_TEMPLATES = Path(__file__).with_name("templates")


def environment(
    beside: str = __file__,
    filters: Mapping[str, Callable[..., Any]] | None = None,
    finalize: Callable[[Any], Any] | None = None,
) -> Environment:
    """Return the environment of a page whose module is ``beside`` its folder ``templates``.

    All text is escaped, and a name that a template misspells is an error.
    """
    found = Environment(
        loader=FileSystemLoader([Path(beside).with_name("templates"), _TEMPLATES]),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(filters or {})
    found.globals["generator"] = f"pyfuzz {__version__}"
    return found


def write(page: str, path: Path, option: str) -> None:
    """Write a page.  Errors: UsageError, which names the option that chose the file."""
    try:
        write_beside(path, page.encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(
            f"the page {path} cannot be written: {error.strerror or error}; "
            f"name another file with {option} FILE"
        ) from error
