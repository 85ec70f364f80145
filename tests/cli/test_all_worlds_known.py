# SPDX-License-Identifier: GPL-2.0-only
"""Known findings in a campaign in several worlds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up import WALKER, text

from pyfuzz.cli.group import run

# Takes the head without its lock bit, in code that holds no mmu_lock.
UNLOCKED = WALKER.replace("__kvm_rmap_lock", "kvm_rmap_get")
# The last entry is about a world that this kernel does not have.
KNOWN = "".join(
    f'[[known]]\nkind = "{kind}"\nfunction = "{function}"\nreason = "planted"\n'
    for kind, function in (
        ("lock-rule", "*"),
        ("use-after-free", "*"),
        ("data-race", "*"),
        ("wrong-gfn", "kvm_mmu_page_fault"),
    )
)


@pytest.mark.slow
@pytest.mark.parametrize(("known", "code"), [(True, 0), (False, 1)])
def test_known_findings_of_every_world_are_told_in_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], known: bool, code: int
) -> None:
    mmu = tmp_path / "mmu.c"
    mmu.write_text(text("v7") + UNLOCKED, "utf-8")
    (tmp_path / "known.toml").write_text(KNOWN)
    command = ["fuzz", "--kernel", str(mmu), "--runs", "1600", "--seed", "1", "--json"]
    command += ["--no-sanitizer-worker", "--no-report", "--out", str(tmp_path / "out")]
    command += ["--known", str(tmp_path / "known.toml")] if known else []

    assert code == run(command)
    said = json.loads(capsys.readouterr().out)
    assert ("known" if known else "finding") == said["verdict"]
    assert {("threads", known)} == {(one["world"], one["known"]) for one in said["findings"]}
