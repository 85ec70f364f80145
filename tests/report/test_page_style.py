# SPDX-License-Identifier: GPL-2.0-only
"""The rules that the templates of all HTML pages follow."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from pyfuzz import containment, mutants
from pyfuzz.errors import UsageError
from pyfuzz.report import style


def test_text_in_a_page_is_escaped_and_a_misspelled_name_is_an_error() -> None:
    rules = style.environment()

    assert "&lt;b&gt;" == rules.from_string("{{ text }}").render(text="<b>")
    with pytest.raises(jinja2.UndefinedError):
        rules.from_string("{{ text }}").render(txet="<b>")


@pytest.mark.parametrize("room", [containment, mutants])
def test_page_has_its_own_templates_and_the_reports(room: object) -> None:
    names = style.environment(str(room.__file__)).list_templates()  # type: ignore[attr-defined]

    own = [path.name for path in Path(str(room.__file__)).parent.glob("templates/*")]  # type: ignore[attr-defined]
    assert own
    assert {*own, "style.css", "macros.html.j2"} <= set(names)


def test_page_that_cannot_be_written_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no/p.html cannot be written: No such .* with --html FILE"
    ):
        style.write("page", tmp_path / "no" / "p.html", "--html")
