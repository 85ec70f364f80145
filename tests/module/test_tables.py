# SPDX-License-Identifier: GPL-2.0-only
"""The tables that C includes and Python reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyfuzz import paths, tables
from pyfuzz.errors import HarnessError
from pyfuzz.kinds import Kind
from pyfuzz.worlds.lists.faults import FAULTS
from pyfuzz.worlds.lists.operation import FORMS, Opcode

KINDS = "harness/kinds.def"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "csrc", lambda: tmp_path)
    tables.rows.cache_clear()
    return tmp_path / "made.def"


def test_rows_are_read_with_comments_and_strings_in_pieces(table: Path) -> None:
    table.write_text('/* a, (b) */\nROW(ONE, "a \\"b\\", "\n    "(c)", 3)\n\nROW(TWO, "", 4)\n')

    assert (("ONE", 'a "b", (c)', "3"), ("TWO", "", "4")) == tables.rows("made.def", "ROW", 3)


@pytest.mark.parametrize(
    "text",
    [
        "ROW(ONE, 2)",  # a value too few
        "ROW(ONE, 2, 3, 4)",
        "OTHER(ONE, 2, 3)",
        "ROW(ONE, 2, 3",
        "ROW(ONE, -, 3)",
        "ROW(ONE, 2, 3);",
        "#include <stdio.h>",
    ],
)
def test_what_is_no_row_is_named(table: Path, text: str) -> None:
    table.write_text(f"ROW(FINE, 1, 2)\n{text}\n")

    with pytest.raises(HarnessError, match=r"^csrc/made\.def: a row must be ROW\(\) with 3 values"):
        tables.rows("made.def", "ROW", 3)


def test_kinds_are_those_of_the_table_in_its_order() -> None:
    rows = tables.rows(KINDS, "KIND", 5)

    assert [(row[0], row[1]) for row in rows] == [(kind.name, kind.value) for kind in Kind]
    assert [kind.number for kind in Kind] == list(range(len(rows)))
    assert {row[2] for row in rows} == {"DEATH", "BROKEN", "WHOLE"}


def test_opcodes_are_those_of_the_table_in_its_order() -> None:
    rows = tables.rows("worlds/lists/operations.def", "OP", 7)

    assert [row[0] for row in rows] == [opcode.name for opcode in Opcode]
    assert 32 == sum(form.share for form in FORMS.values())


def test_every_fault_is_in_the_table_once() -> None:
    assert len(FAULTS) == len({fault.name for fault in FAULTS}) == 36
