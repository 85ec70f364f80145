# SPDX-License-Identifier: GPL-2.0-only
"""The matrix's page in a real browser: the same checks as for the report's page."""

from __future__ import annotations

from pathlib import Path

import chrome as support
import pytest
from chrome import CONTRAST, FOLLOW, LOOKS, NARROW, WIDE, Open, messages, script
from made_matrix import versions

from pyfuzz.containment import page as pages

browser = support.browser
show = support.show


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "containment.html"
    path.write_text(pages.render(versions()), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_containment_page_is_complete_in_itself(show: Open, width: int, scheme: str) -> None:
    chrome = show(width, scheme)

    assert [] == messages(chrome)
    assert 0 == script(chrome, "return performance.getEntriesByType('resource').length")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_containment_page_is_not_wider_than_the_window(show: Open, width: int, scheme: str) -> None:
    chrome = show(width, scheme)
    script(chrome, "for (const d of document.querySelectorAll('details')) d.open = true")

    assert script(chrome, "return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_containment_page_text_stands_out_from_what_is_behind(show: Open, scheme: str) -> None:
    chrome = show(WIDE, scheme)
    script(chrome, "for (const d of document.querySelectorAll('details')) d.open = true")

    assert [] == script(chrome, CONTRAST)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_containment_page_links_lead_to_what_can_be_seen(show: Open, width: int) -> None:
    chrome = show(width, "light")
    links = script(
        chrome,
        """const links = [...document.querySelectorAll('a[href^="#"]')];
        return [...new Map(links.map((link) => [link.hash, link])).values()];""",
    )

    assert len(links) > 30
    lost = [chrome.execute_async_script(FOLLOW, link) for link in links]
    assert [] == [where for where in lost if where]


def test_containment_page_cell_opens_its_sequence(show: Open) -> None:
    chrome = show(WIDE, "light")
    script(chrome, "document.querySelector('.matrix a[href=\"#v6-6-count-zero\"]').click()")

    assert script(chrome, "return document.getElementById('v6-6-count-zero').open")
    shown = script(chrome, "return document.getElementById('v6-6-count-zero').innerText")
    assert "fault vm0 f0 count-zero" in shown
