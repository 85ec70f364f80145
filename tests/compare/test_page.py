# SPDX-License-Identifier: GPL-2.0-only
"""The page of a comparison, and what is told of the code of both."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from cli_process import pyfuzz

from pyfuzz.compare.functions import changes
from pyfuzz.compare.page import traits_that_differ
from pyfuzz.compare.pair import Level, pair_of
from pyfuzz.target import catalogue


class _Seen(HTMLParser):
    """Notes what a page would load, and its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href") and value and not value.startswith(("#", "data:")):
                self.loads.append(f"{tag} {value}")


def test_page_of_a_comparison_has_all_of_it_and_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "lost.seq").write_text("# pyfuzz sequence 1\nadd vm0 f0 s0\nremove vm0 f0 s9\n")

    done = pyfuzz("compare", "rfc-v3", "rfc-v4", "lost.seq", "--html", "p.html", folder=tmp_path)

    page = (tmp_path / "p.html").read_text()
    seen = _Seen()
    seen.feed(page)
    assert 1 == done.returncode, done.stderr
    assert [] == seen.loads
    assert "1 new difference" in page
    assert "remove vm0 f0 s9" in page
    assert "<td>0 entries</td><td>1 entries: s0</td>" in page
    assert "<code>pte_list_remove()</code>" in page


def test_page_that_cannot_be_written_exits_2(tmp_path: Path) -> None:
    (tmp_path / "lost.seq").write_text("# pyfuzz sequence 1\nadd vm0 f0 s0\n")

    done = pyfuzz("compare", "v6.6", "v6.6", "lost.seq", "--html", "no/p.html", folder=tmp_path)

    assert 2 == done.returncode
    assert "cannot be written" in done.stderr


def test_functions_and_macros_that_differ_are_named_with_their_tokens() -> None:
    v66, hardened = catalogue.get("v6.6"), catalogue.get("hardened")
    functions = {one.name: one for one in changes(v66, hardened)}
    macros = changes(catalogue.get("rfc-v3"), catalogue.get("rfc-v4"))

    removed = functions["pte_list_remove()"]
    assert ("", "--- A") == (removed.only, removed.lines[0])
    assert 0 < removed.tokens
    assert "b" == functions["desc_sound()"].only
    assert "PORT_BUGS_VM" in {one.name for one in macros}
    assert [] == changes(v66, v66)


def test_traits_that_differ_have_both_values() -> None:
    pair = pair_of(catalogue.get("v6.6"), catalogue.get("v6.15"), Level.OBSERVABLE, ())

    assert ("locked heads", "no", "yes") in traits_that_differ(pair)
    assert "capacity" not in {name for name, _, _ in traits_that_differ(pair)}
