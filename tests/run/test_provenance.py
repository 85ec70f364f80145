# SPDX-License-Identifier: GPL-2.0-only
"""What a run folder records so that a campaign can be repeated."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pyfuzz import records
from pyfuzz.kinds import Kind
from pyfuzz.run import provenance
from pyfuzz.run.options import Options
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED, Target
from pyfuzz.target.kernel import Kernel
from pyfuzz.target.known_findings import Known

FACTS: dict[str, str | None] = {
    "path": "/src/linux 6.12",
    "mmu": "/src/linux 6.12/arch/x86/kvm/mmu/mmu.c",
    "version": "6.12.0",
    "sha256": "0" * 64,
}


def options(out: Path) -> Options:
    return Options(catalogue.get("rfc-v3"), out, seed=7, workers=2, seconds=90.0)


def extracted(folder: Path) -> Options:
    source = folder / "generated.c"
    source.write_text("int x;\n")
    target = Target(
        "linux-6.12", EXTRACTED, "policy", source, ("CONFIG_BUG_ON_DATA_CORRUPTION=1",), note="n"
    )
    kernel = Kernel(Path(str(FACTS["path"])), bug_on_data_corruption=True)
    return replace(options(folder), target=target, kernel=kernel, kernel_facts=FACTS)


def test_record_of_a_port_is_read_again(tmp_path: Path) -> None:
    provenance.record(tmp_path, options(tmp_path), "now")

    (campaign,), notes = provenance.read(tmp_path)
    assert notes == []
    assert campaign["command"] == "pyfuzz fuzz rfc-v3 --time 90s --workers 2 --seed 7"
    assert campaign["versions"]["atheris"].startswith("3.")
    assert "-fsanitize-coverage" in campaign["flags"]
    assert provenance.target_of(tmp_path, campaign) is catalogue.get("rfc-v3")


def test_record_of_a_second_campaign_keeps_the_first(tmp_path: Path) -> None:
    for started in ("one", "two"):
        provenance.record(tmp_path, options(tmp_path), started)

    campaigns, _ = provenance.read(tmp_path)
    assert [campaign["started"] for campaign in campaigns] == ["one", "two"]


def test_record_of_a_kernel_survives_the_kernel(tmp_path: Path) -> None:
    chosen = extracted(tmp_path)
    provenance.record(tmp_path, chosen, "now")
    chosen.target.source.unlink()

    (campaign,), _ = provenance.read(tmp_path)
    target = provenance.target_of(tmp_path, campaign)
    assert target is not None
    assert target.source.read_text() == "int x;\n"
    assert target.defines == chosen.target.defines
    assert campaign["target"]["sha256"] == hashlib.sha256(b"int x;\n").hexdigest()
    assert campaign["kernel"] == FACTS


KNOWN = Known(
    Kind.HOST_BUG,
    "*pte_list_remove",
    "not in this tree yet",
    "BUG()*",
    ("linux-6.*", "rfc-v3"),
    "https://example.org/thread",
    date(2027, 1, 31),
    "known.toml:2",
)


def test_record_of_a_kernel_keeps_what_was_known_of_it(tmp_path: Path) -> None:
    chosen = extracted(tmp_path)
    by_traits = Known(Kind.COUNT_CONTRACT, "pte_list_add", "add appends", "*with room")
    target = replace(chosen.target, known=(by_traits, KNOWN))
    provenance.record(tmp_path, replace(chosen, target=target), "now")

    (campaign,), _ = provenance.read(tmp_path)
    again = provenance.target_of(tmp_path, campaign)
    assert again is not None and (by_traits, KNOWN) == again.known


def test_record_of_a_port_keeps_the_user_s_entries_and_not_the_shipped(tmp_path: Path) -> None:
    port = catalogue.get("rfc-v3")
    provenance.record(tmp_path, replace(options(tmp_path), target=port.knowing([KNOWN])), "now")

    (campaign,), _ = provenance.read(tmp_path)
    again = provenance.target_of(tmp_path, campaign)
    assert ["known.toml:2"] == [entry["source"] for entry in campaign["target"]["known"]]
    assert again is not None and (*port.known, KNOWN) == again.known


def test_record_of_an_older_pyfuzz_without_known_entries_is_read(tmp_path: Path) -> None:
    provenance.record(tmp_path, extracted(tmp_path), "now")
    path = tmp_path / provenance.FILE
    values = json.loads(path.read_text())
    del values["campaigns"][0]["target"]["known"]
    path.write_text(json.dumps(values))

    (campaign,), notes = provenance.read(tmp_path)
    again = provenance.target_of(tmp_path, campaign)
    assert notes == [] and again is not None and again.known == ()


@pytest.mark.parametrize(
    "entry", [7, {}, {**records.plain(provenance.entry_of(KNOWN)), "kind": "host-bog"}]
)
def test_read_of_a_record_with_a_wrong_known_entry_is_a_note(tmp_path: Path, entry: Any) -> None:
    provenance.record(tmp_path, options(tmp_path), "now")
    path = tmp_path / provenance.FILE
    values = json.loads(path.read_text())
    values["campaigns"][0]["target"]["known"] = [entry]
    path.write_text(json.dumps(values))

    assert ([], 1) == (provenance.read(tmp_path)[0], len(provenance.read(tmp_path)[1]))


@pytest.mark.parametrize(
    ("name", "world", "words"),
    [
        ("v6.6", "lists", ["v6.6", "--time"]),
        ("v6.15", "lists", ["v6.15", "--world", "lists"]),
        ("v6.15", "threads", ["v6.15", "--world", "threads"]),
    ],
)
def test_fuzz_command_names_the_world_of_a_port_that_has_several(
    tmp_path: Path, name: str, world: str, words: list[str]
) -> None:
    command = provenance.fuzz_command(Options(catalogue.get(name, world), tmp_path, 1))

    assert words == command[2 : 2 + len(words)]


def test_fuzz_command_of_a_kernel_names_path_and_config(tmp_path: Path) -> None:
    command = provenance.fuzz_command(replace(extracted(tmp_path), seconds=None, runs=500))

    assert command[2:5] == ["--kernel", "/src/linux 6.12", "--bug-on-data-corruption"]
    assert command[5:9] == ["--world", "lists", "--runs", "500"]


def test_target_of_a_lost_source_is_none(tmp_path: Path) -> None:
    provenance.record(tmp_path, extracted(tmp_path), "now")
    (campaign,), _ = provenance.read(tmp_path)
    (tmp_path / provenance.SOURCE).unlink()

    assert provenance.target_of(tmp_path, campaign) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"provenance": 2}', '{"provenance": 1, "campaigns": [{}]}']
)
def test_read_of_a_damaged_record_is_a_note(tmp_path: Path, text: str) -> None:
    (tmp_path / provenance.FILE).write_text(text)

    campaigns, notes = provenance.read(tmp_path)
    assert campaigns == []
    assert len(notes) == 1
    assert str(tmp_path / provenance.FILE) in notes[0]


@pytest.mark.parametrize("name", ["started", "command", "flags", "target", "versions", "machine"])
def test_read_of_a_record_without_a_part_is_a_note(tmp_path: Path, name: str) -> None:
    provenance.record(tmp_path, options(tmp_path), "now")
    path = tmp_path / provenance.FILE
    values = json.loads(path.read_text())
    values["campaigns"][0][name] = 7
    path.write_text(json.dumps(values))

    assert provenance.read(tmp_path)[0] == []
    assert name in provenance.read(tmp_path)[1][0]


def test_records_that_cannot_be_read_are_put_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_text("[" * 100_000)
    (note,) = provenance.record(tmp_path, options(tmp_path), "A")
    assert "moved to provenance.damaged" in note
    assert "[" * 100_000 == (tmp_path / "provenance.damaged").read_text()
    assert 1 == len(provenance.read(tmp_path)[0])
