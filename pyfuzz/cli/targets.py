# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz targets``: the catalogue."""

from __future__ import annotations

import json
from typing import Any

import click

from pyfuzz import world
from pyfuzz.target.catalogue import DEFAULT, OTHER_WORLDS, TARGETS, Target
from pyfuzz.text import wrapped


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def targets(as_json: bool) -> None:
    """List the targets that ship with pyfuzz, and what is known about each."""
    everything = (*TARGETS.values(), *OTHER_WORLDS.values())
    if as_json:
        print(json.dumps({"default": DEFAULT, "targets": [_as_object(t) for t in everything]}))
        return
    for target in everything:
        print("\n".join(_lines(target)))


def _lines(target: Target) -> list[str]:
    default = "  (the default)" if target.name == DEFAULT else ""
    if target.world != world.DEFAULT:
        default = f"  (world {target.world})"
    lines = [f"{target.name}{default}", f"    {target.generation}; {target.policy}"]
    lines.append(f"    {target.note}")
    for known in target.known:
        text = f"known: {known.kind.value} in {known.function}: {known.reason}"
        lines += wrapped(text, "    ")
    return lines


def _as_object(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "world": target.world,
        "generation": target.generation,
        "policy": target.policy,
        "source": str(target.source),
        "defines": list(target.defines),
        "builds": target.builds,
        "note": target.note,
        "known": [known.in_short() for known in target.known],
    }
