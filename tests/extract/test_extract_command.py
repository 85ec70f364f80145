# SPDX-License-Identifier: GPL-2.0-only
"""``pyfuzz extract``: what it prints, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schema
from made_up import KERNELS, variant

from pyfuzz.cli.group import run
from pyfuzz.extract.extraction import ExtractionRecord


def test_extract_prints_traits_functions_and_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = run(["extract", "--kernel", str(KERNELS / "v5.10.c")])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0] == f"v5.10.c: from {KERNELS / 'v5.10.c'}"
    assert "  descriptor        3 entries, end at the first NULL" in lines
    assert "  remove            __pte_list_remove (line 84)" in lines
    assert "  not fuzzed: count: mmu.c has no function that counts the entries of a list" in lines
    assert f"  pte_list_add {KERNELS / 'v5.10.c'}:32" in lines
    assert any(line.startswith("known: count-contract in pte_list_add: ") for line in lines)


def test_extract_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["extract", "--json", "--kernel", str(KERNELS / "v7.c")])

    printed = json.loads(capsys.readouterr().out)
    assert code == 0
    schema.check(printed, ExtractionRecord)
    assert printed["target"] == "v7.c"
    assert printed["traits"]["locked_heads"] is True
    assert printed["functions"]["rmap-add"]["name"] == "rmap_add"
    assert printed["missing"] == printed["stubbed"] == printed["known"] == []
    assert printed["kernel_version"] is None
    assert Path(printed["generated"]).is_file()


def test_extract_config_is_in_the_name_and_the_policy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["extract", "--json", "--kernel", str(KERNELS / "v7.c")]

    run([*arguments, "--bug-on-data-corruption"])

    printed = json.loads(capsys.readouterr().out)
    assert printed["target"] == "v7.c+bug-on-data-corruption"
    assert printed["policy"] == "KVM_BUG_ON_DATA_CORRUPTION, config on"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "Missing option '--kernel'"),
        (["--kernel", "nowhere"], "nowhere: no such file or folder"),
    ],
)
def test_extract_wrong_usage_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], given: list[str], says: str
) -> None:
    code = run(["extract", *given])

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_extract_what_does_not_compile_is_one_line_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = variant(tmp_path, "v7", ("block->more = block_of(value);", "block->more = block_off;"))
    line = path.read_text("utf-8").split("block_off")[0].count("\n") + 1

    code = run(["extract", "--kernel", str(path)])

    _, err = capsys.readouterr()
    assert code == 2
    assert f"mmu.c does not compile: {path}:{line}: use of undeclared" in err
    assert err.count("\n") == 1
