# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz share``: who uses a share, and what they found."""

from __future__ import annotations

import json

import click

from pyfuzz import records


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def share(url: str, as_json: bool) -> int:
    """Show the campaigns that exchange through URL, their speeds and their findings.

    What lies in the share is checked, but not replayed.
    """
    from pyfuzz.share import overview  # noqa: PLC0415 (needs an extra)

    found = overview.look(url)
    print(json.dumps(records.plain(found), indent=2) if as_json else overview.as_text(found))
    return 0
