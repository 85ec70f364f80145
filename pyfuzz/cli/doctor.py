# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz doctor``: check this machine for what pyfuzz needs."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from pyfuzz.module.doctor import MISSING, as_text, examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def doctor(as_json: bool) -> int:
    """Check what this machine has, and what the missing parts are needed for.

    Exit code 2 if something is missing that fuzzing needs.
    """
    checks = examine()
    if as_json:
        print(json.dumps({"checks": [asdict(check) for check in checks]}, indent=2))
    else:
        print(as_text(checks))
    return 2 if any(check.state == MISSING for check in checks) else 0
