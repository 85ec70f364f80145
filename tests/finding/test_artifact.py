# SPDX-License-Identifier: GPL-2.0-only
"""The command that a finding names is one that pyfuzz takes."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from pyfuzz.cli.replay import replay
from pyfuzz.finding.artifact import replay_command
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel


@pytest.mark.parametrize("world", ["lists", "pages", "threads"])
@pytest.mark.parametrize("flavour", ["fuzz", "sanitize"])
def test_command_of_a_finding_in_a_kernel_is_accepted(
    world: str, flavour: str, tmp_path: Path
) -> None:
    patch, sequence = tmp_path / "a b.patch", tmp_path / "x.seq"
    for path in (patch, sequence):
        path.touch()
    target = replace(catalogue.get("v6.6"), name="linux", world=world)
    kernel = Kernel(tmp_path, patches=(patch,), world=world)

    words = shlex.split(replay_command(sequence, target, kernel, flavour))

    assert words[:2] == ["pyfuzz", "replay"]
    asked = replay.make_context("replay", words[2:]).params
    assert asked["patches"] == (patch,)
    assert asked["sanitize"] == (flavour == "sanitize")
