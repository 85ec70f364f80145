# SPDX-License-Identifier: GPL-2.0-only
"""The report's page in a real browser: headless Chromium, light and dark, narrow and wide."""

from __future__ import annotations

from pathlib import Path

import chrome as support
import pytest
from chrome import CONTRAST, FOLLOW, LOOKS, NARROW, WIDE, Open, messages, script
from made_runs import FLOOD, finding, lost_entry, make_run, short_count
from selenium import webdriver

from pyfuzz import report
from pyfuzz.kinds import Kind

browser = support.browser
show = support.show


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    flood = finding(Kind.LOG_FLOOD, "pte_list_remove", FLOOD)
    run = make_run(tmp_path_factory.mktemp("run"), lost_entry(), flood, short_count())
    path = report.write(run).path
    assert path is not None
    return path


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_page_has_no_console_message(show: Open, width: int, scheme: str) -> None:
    chrome = show(width, scheme)

    assert messages(chrome) == []
    assert script(chrome, "return performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_page_is_not_wider_than_the_window(show: Open, width: int, scheme: str) -> None:
    chrome = show(width, scheme)
    script(chrome, "for (const d of document.querySelectorAll('details')) d.open = true")

    for element in ("documentElement", "body"):
        wide, room = script(
            chrome, f"const e = document.{element}; return [e.scrollWidth, innerWidth]"
        )
        assert wide <= room == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_text_stands_out_from_what_is_behind(show: Open, scheme: str) -> None:
    assert script(show(WIDE, scheme), CONTRAST) == []


def test_page_has_the_scheme_that_is_asked_for(show: Open) -> None:
    get = "return getComputedStyle(document.body).backgroundColor"

    assert script(show(WIDE, "light"), get) != script(show(WIDE, "dark"), get)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_page_links_lead_to_what_can_be_seen(show: Open, width: int) -> None:
    chrome = show(width, "light")
    # One link to each place: the browser throttles hundreds of navigations.
    links = script(
        chrome,
        """const links = [...document.querySelectorAll('a[href^="#"]')];
        return [...new Map(links.map((link) => [link.hash, link])).values()];""",
    )

    assert len(links) > 40
    lost = [chrome.execute_async_script(FOLLOW, link) for link in links]
    assert [where for where in lost if where] == []


def test_page_copies_a_command(show: Open) -> None:
    chrome = show(WIDE, "light")
    allow(chrome)
    button = script(chrome, "return document.querySelector('[data-copy=replay-0]')")
    button.click()

    assert pasted(chrome).startswith("pyfuzz replay ")
    assert pasted(chrome).endswith("--target rfc-v3")
    assert button.text == "Copied"
    assert script(chrome, "return document.getElementById('said').textContent") != ""


def test_page_copies_where_the_clipboard_is_not_allowed(show: Open) -> None:
    chrome = show(NARROW, "dark")
    allow(chrome)
    script(chrome, "navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    button = script(chrome, "return document.querySelector('[data-copy=repeat-1]')")
    script(chrome, "arguments[0].scrollIntoView({ block: 'center' })", button)
    button.click()

    assert pasted(chrome) == "pyfuzz fuzz rfc-v3 --time 20s --workers 2 --seed 7"


def allow(chrome: webdriver.Chrome) -> None:
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    chrome.execute_cdp_cmd("Browser.grantPermissions", {"permissions": permissions})


def pasted(chrome: webdriver.Chrome) -> str:
    text: str = chrome.execute_async_script(
        "const done = arguments[0];"
        "setTimeout(() => navigator.clipboard.readText().then(done, (e) => done(String(e))), 0)"
    )
    return text


def test_page_chart_shows_the_value_under_the_pointer(show: Open) -> None:
    chrome = show(WIDE, "light")
    script(
        chrome,
        """const chart = document.querySelector("svg.chart"), box = chart.getBoundingClientRect();
        chart.dispatchEvent(new PointerEvent("pointermove",
          { clientX: box.left + box.width / 2, clientY: box.top + 20, bubbles: true }));""",
    )

    text = script(chrome, "return document.querySelector('.charts output').textContent")
    assert text == "4,500 at 10s"
