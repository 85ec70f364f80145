# SPDX-License-Identifier: GPL-2.0-only
"""The report's page in a real browser: headless Chromium, light and dark, narrow and wide."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_runs import FLOOD, finding, lost_entry, make_run, short_count
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from pyfuzz import report
from pyfuzz.kinds import Kind

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NARROW, WIDE = 400, 1400
LOOKS = [(width, scheme) for width in (NARROW, WIDE) for scheme in ("light", "dark")]
Open = Callable[[int, str], webdriver.Chrome]

# The contrast of every text with what is behind it; those below 4.5 to 1 are returned.
CONTRAST = """
const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = (rgb) => {
  const [r, g, b] = rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const rgba = parse(getComputedStyle(at).backgroundColor);
    if (rgba.length === 3 || rgba[3] === 1) return rgba;
  }
  return [255, 255, 255];
};
const bad = new Set();
const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || element.closest("svg")) continue;
  const ink = light(parse(getComputedStyle(element).color));
  const paper = light(behind(element));
  const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  if (ratio < 4.5) bad.add(`${element.className || element.tagName}: ${ratio.toFixed(2)}`);
}
return [...bad];
"""
# Every link: where it leads, and whether that is to be seen once it was clicked.
FOLLOW = """
const [link, done] = arguments;
for (const element of document.querySelectorAll("details")) element.open = false;
for (let at = link; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
addEventListener("hashchange", () => {
  const place = document.getElementById(location.hash.slice(1));
  const box = place.getBoundingClientRect(), own = place.querySelector(":scope > details");
  const seen = box.height > 0 && box.top < innerHeight && box.bottom > 0 && (!own || own.open);
  done(seen ? null : `${location.hash}: ${box.top} to ${box.bottom}`);
}, { once: true });
link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window }));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        missing = "chromium" if program is None else "chromedriver"
        pytest.skip(f"{missing} is not there: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = program
    profile = tmp_path_factory.mktemp("profile")
    for argument in (
        *("--headless=new", "--disable-gpu", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update"),
        # The page is ours, and neither root nor a container has the sandbox.
        *("--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={profile}"),
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    flood = finding(Kind.LOG_FLOOD, "pte_list_remove", FLOOD)
    run = make_run(tmp_path_factory.mktemp("run"), lost_entry(), flood, short_count())
    path = report.write(run).path
    assert path is not None
    return path


@pytest.fixture(scope="module")
def show(browser: webdriver.Chrome, page: Path) -> Open:
    def open_page(width: int, scheme: str) -> webdriver.Chrome:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        # Without motion a link has led where it leads at once.
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": name, "value": value} for name, value in features.items()]},
        )
        browser.get("about:blank")
        messages(browser)
        browser.get(page.as_uri())
        return browser

    return open_page


def messages(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    """Return what the console has had to say since it was asked last."""
    log: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return log


def script(browser: webdriver.Chrome, text: str, *arguments: Any) -> Any:
    return browser.execute_script(text, *arguments)


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
    # One link to each place: the browser slows down who goes to hundreds at once.
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
