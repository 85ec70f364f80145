# SPDX-License-Identifier: GPL-2.0-only
"""pyfuzz/compare/schema.json is made of the records, and what is printed keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli_process import pyfuzz

from pyfuzz import compare
from pyfuzz.compare import schema

SCHEMA = Path(compare.__file__).with_name("schema.json")
SHORT = ("compare", "v6.6", "bug", "--exhaust", "--scope", "frames", "--time", "30s", "--json")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = pyfuzz(*SHORT, folder=tmp_path_factory.mktemp("compare"))
    assert done.returncode in (0, 1), done.stderr
    return dict(json.loads(done.stdout))


def rules() -> dict[str, Any]:
    return dict(json.loads(SCHEMA.read_text()))


def test_schema_is_the_one_of_the_records() -> None:
    assert schema.text() + "\n" == SCHEMA.read_text(), schema.__doc__


def test_what_compare_prints_keeps_the_schema(printed: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(rules())
    jsonschema.validate(printed, rules())


@pytest.mark.parametrize(
    "change",
    [{"verdict": "better"}, {"level": 1}, {"differences": [{}]}, {"executions": -1}],
    ids=lambda change: next(iter(change)),
)
def test_what_breaks_the_schema_is_refused(printed: dict[str, Any], change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**printed, **change}, rules())


def test_keys_that_are_added_later_are_allowed(printed: dict[str, Any]) -> None:
    jsonschema.validate({**printed, "newer": True}, rules())
