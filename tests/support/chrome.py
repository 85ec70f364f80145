# SPDX-License-Identifier: GPL-2.0-only
"""A page in a real browser: headless Chromium, light and dark, narrow and wide.

A test module imports ``browser`` and ``show`` and has a fixture ``page`` of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NARROW, WIDE = 400, 1400
LOOKS = [(width, scheme) for width in (NARROW, WIDE) for scheme in ("light", "dark")]
Open = Callable[[int, str], webdriver.Chrome]

LOADED = "return location.href === arguments[0] && document.readyState === 'complete'"
LOADED_S = 300
# Returns all texts with a contrast below 4.5 to 1 to their background.
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
# Every link: its destination, and whether that is visible after a click.
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
        # The page is ours, and the sandbox does not work for root or in a container.
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
def show(browser: webdriver.Chrome, page: Path) -> Open:
    def open_page(width: int, scheme: str) -> webdriver.Chrome:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        # Without animations, a link reaches its destination at once.
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": name, "value": value} for name, value in features.items()]},
        )
        browser.get("about:blank")
        messages(browser)
        browser.get(page.as_uri())
        # On a busy machine, get() has been seen to return before the page was whole.
        WebDriverWait(browser, LOADED_S).until(lambda chrome: script(chrome, LOADED, page.as_uri()))
        return browser

    return open_page


def messages(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    """Return the console messages since the last call."""
    log: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return log


def script(browser: webdriver.Chrome, text: str, *arguments: Any) -> Any:
    return browser.execute_script(text, *arguments)
