# SPDX-License-Identifier: GPL-2.0-only
"""A schedule in the report, in a real browser: light and dark, narrow and wide."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import chrome as support
import pytest
from chrome import CONTRAST, LOOKS, WIDE, Open, messages, script

from pyfuzz import report
from pyfuzz.campaign.campaign import Campaign
from pyfuzz.campaign.summary import as_object
from pyfuzz.mutants import sources
from pyfuzz.mutants.mutant import catalogue as mutants
from pyfuzz.run.options import Options
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED

pytestmark = pytest.mark.slow
browser = support.browser
show = support.show


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a campaign on the port with a walker that unlocks in the middle of a list."""
    folder = tmp_path_factory.mktemp("threads")
    mutant = next(one for one in mutants("threads") if one.name == "unlocks-between-descriptors")
    port = replace(catalogue.get("v6.15", "threads"), defines=("PYFUZZ_THREADS=1",))
    # A run folder keeps the source of an extracted target alone.
    target = replace(sources.plant(port, mutant, folder), generation=EXTRACTED)
    out = folder / "run"
    options = Options(target, out, 1, seconds=None, runs=4000, check=False, stop_on_finding=True)
    progress = Campaign(options, lambda *_: None).run()
    (out / "summary.json").write_text(json.dumps(as_object(progress)))
    path = report.write(out).path
    assert path is not None
    return path


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_schedule_scrolls_within_a_page_that_fits_the_window(
    show: Open, width: int, scheme: str
) -> None:
    chrome = show(width, scheme)

    wide, columns = script(
        chrome,
        """return [document.documentElement.scrollWidth,
          [...document.querySelectorAll("table.schedule")]
            .map((table) => table.querySelectorAll("thead th").length)];""",
    )
    assert wide <= width
    assert columns
    assert min(columns) >= 3  # two fibers and the code
    assert messages(chrome) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_schedule_stands_out_from_what_is_behind(show: Open, scheme: str) -> None:
    assert script(show(WIDE, scheme), CONTRAST) == []


def test_switch_names_the_fibers_and_shows_the_list(show: Open) -> None:
    texts = script(
        show(WIDE, "light"),
        """return [...document.querySelectorAll("table.schedule tr.switch")]
          .map((row) => row.textContent.trim());""",
    )

    assert any("stops before its access" in text and "the list: " in text for text in texts), texts
