# SPDX-License-Identifier: GPL-2.0-only
"""Expectations in the comments of a sequence file: parsing and checking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.regression.expectation import Expected, parse_expectations
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.known_findings import Known

LOST = RawFinding(Symptom(Kind.LOST_ENTRY, "pte_list_remove", "s0 is gone"), 1, 0, 0)
FLOOD = RawFinding(Symptom(Kind.LOG_FLOOD, "pte_list_remove", "2 lines"), 1, 0, 0)
KNOWN = RawFinding(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", "must return 9"), 1, 0, 0)


def problems(expect: str, *findings: RawFinding, like: str | None = None) -> list[str]:
    known = Known(KNOWN.kind, KNOWN.function, reason="so it is")
    target = replace(catalogue.get("rfc-v3"), known=(known,))
    return parse_expectations(expect, "x").problems(target, findings, like)


def test_parse_expectations_reads_every_form() -> None:
    text = (
        "# pyfuzz sequence 1\n"
        "# A comment for people: with a colon.\n"
        "# shows: the only entry is lost\n"
        "# expect rfc-v2, rfc-v3: lost-entry, log-flood pte_list_remove\n"
        "# expect rfc-v4: nothing\n"
        "remove vm0 f0 s1  # expect no more than that\n"
    )
    found = parse_expectations(text, "x")
    both = (Expected(Kind.LOST_ENTRY), Expected(Kind.LOG_FLOOD, "pte_list_remove"))
    assert found.shows == "the only entry is lost"
    assert found.targets == {"rfc-v2": both, "rfc-v3": both, "rfc-v4": ()}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("# expects rfc-v3: lost-entry", "a key must be one of expect, shows, is 'expects'"),
        ("# Expect rfc-v3: lost-entry", "a key must be one of expect, shows, is 'Expect'"),
        ("# show: it", "a key must be one of expect, shows, is 'show'"),
        ("# shows it", "'# shows: TEXT' must occur once, with a text"),
        ("# expect rfc-v3 lost-entry", "an expectation must be '# expect TARGET: KIND"),
        ("# expect rfc-v3:", "an expectation must be '# expect TARGET: KIND"),
        ("# expect rfc-v33: lost-entry", "there is no target 'rfc-v33'"),
        ("# expect rfc-v1: lost-entry", "must be one that compiles, 'rfc-v1' does not"),
        ("# expect rfc-v3: lost-entri", "must begin with a kind, .*: did you mean lost-entry"),
        ("# expect rfc-v3: lost-entry,", "must begin with a kind, is ''"),
        ("# expect rfc-v3: nothing, lost-entry", "'nothing' must be alone"),
        ("# expect rfc-v3: lost-entry a b", "put a comma between two"),
        (
            "# expect rfc-v3: hang\n# expect rfc-v3: hang",
            "named only once, 'rfc-v3' is named twice",
        ),
    ],
)
def test_parse_expectations_with_a_mistake_names_place_and_rule(line: str, message: str) -> None:
    with pytest.raises(UsageError, match=rf"^x:\d: .*{message}"):
        parse_expectations(line, "x")


@pytest.mark.parametrize(
    ("expect", "findings"),
    [
        ("", []),
        ("", [KNOWN]),
        ("# expect rfc-v3: lost-entry", [LOST]),
        ("# expect rfc-v3: lost-entry pte_list_remove", [LOST, KNOWN]),
        ("# expect rfc-v3: lost-entry, count-contract", [LOST, KNOWN]),
        ("# expect rfc-v3: nothing", []),
    ],
)
def test_problems_as_expected_are_none(expect: str, findings: list[RawFinding]) -> None:
    assert problems(expect, *findings) == []


@pytest.mark.parametrize(
    ("expect", "findings", "problem"),
    [
        ("", [LOST], "finding that is not expected: lost-entry in pte_list_remove: s0 is gone"),
        ("# expect rfc-v4: lost-entry", [LOST], "finding that is not expected: lost-entry in"),
        ("# expect rfc-v3: lost-entry", [], "lost-entry must be found, is not"),
        ("# expect rfc-v3: lost-entry", [LOST, FLOOD], "finding that is not expected: log-flood"),
        ("# expect rfc-v3: lost-entry rmap_remove", [], "lost-entry rmap_remove must be found"),
        ("# expect rfc-v3: nothing", [KNOWN], "known finding that is not expected: count-contract"),
    ],
)
def test_problems_otherwise_than_expected_say_so(
    expect: str, findings: list[RawFinding], problem: str
) -> None:
    said = problems(expect, *findings)
    assert [one.startswith(problem) for one in said] == [True]


def test_problems_like_another_target_goes_by_kind_alone() -> None:
    expect = "# expect rfc-v2: lost-entry __pte_list_remove"
    assert problems(expect, LOST, like="rfc-v2") == []
    assert problems(expect, like="rfc-v2") == ["lost-entry __pte_list_remove must be found, is not"]


def test_expectations_of_a_port_do_not_hold_for_a_kernel_of_its_name() -> None:
    port = catalogue.get("rfc-v3")
    kernel = replace(port, generation=catalogue.EXTRACTED)
    expectations = parse_expectations("# expect rfc-v3: lost-entry", "x")

    assert [] == expectations.problems(port, [LOST])
    assert 1 == len(expectations.problems(kernel, [LOST]))
    assert [] == expectations.problems(kernel, [LOST], like="rfc-v3")


def test_sequence_with_faults_is_held_against_a_kernel_only_like_a_port_it_names() -> None:
    port = catalogue.get("v6.6")
    kernel = replace(port, generation=catalogue.EXTRACTED)
    expectations = parse_expectations("# expect v6.6: host-fault", "x")

    assert expectations.hold(kernel, faults=False)
    assert not expectations.hold(kernel, faults=True)
    assert not expectations.hold(kernel, faults=True, like="v6.15")
    assert expectations.hold(kernel, faults=True, like="v6.6")
    assert expectations.hold(catalogue.get("v6.15"), faults=True)
