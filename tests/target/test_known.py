# SPDX-License-Identifier: GPL-2.0-only
"""The known-findings file: what it declares, and the error for each mistake in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module.compiled import load
from pyfuzz.sequence import binary
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue, known_findings

ENTRY = """
[[known]]
kind = "host-bug"
function = "pte_list_remove"
reason = "the series is not in this tree"
"""
WHOLE = (
    ENTRY
    + """message = "BUG() *"
target = ["6.1*", "bug"]
link = "https://example.org/1"
until = 2027-01-31
"""
)
EXPIRY = date(2027, 1, 31)
DAY_AFTER = date(2027, 2, 1)


def entries(folder: Path, text: str) -> tuple[known_findings.Known, ...]:
    path = folder / "known.toml"
    path.write_text(text)
    return known_findings.read(path)


def test_file_with_every_key_gives_each_of_them(tmp_path: Path) -> None:
    (found,) = entries(tmp_path, WHOLE)

    expected = known_findings.Known(
        Kind.HOST_BUG,
        "pte_list_remove",
        "the series is not in this tree",
        "BUG() *",
        ("6.1*", "bug"),
        "https://example.org/1",
        EXPIRY,
        f"{tmp_path}/known.toml:2",
    )
    assert expected == found
    assert found.why == "the series is not in this tree (https://example.org/1)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = ", ":1: must be TOML: Invalid value"),
        ('[[known]]\nkind = "a"\nkind = "b"', ":3: must be TOML: Cannot overwrite a value"),
        ("a = 1\nb = [1,", ":2: must be TOML: Invalid value"),
        ("[[knwon]]", ": a known-findings file must have [[known]] entries and nothing else"),
        ("[[knwon]]", "did you mean [[known]]?"),
        ("known = 3", ": 'known' must be written as [[known]]"),
        ("[known]\nkind = 'leak'", ": 'known' must be written as [[known]]"),
        ("[[known]]\nkind = 'leak'", ":1: entry 1: must have a function or a message, has neither"),
        (ENTRY + "[[known]]\nfunction = 'f'", ":6: entry 2: must have a kind, has none"),
        ("[[known]]\nkind = 'leek'\nfunction = 'f'", "is 'leek'; did you mean 'leak'?"),
        ("[[known]]\nkind = 'leak'\nfunction = 'f'", "entry 1: must have a reason, has none"),
        (ENTRY + "functoin = 'f'", "is 'functoin'; did you mean 'function'?"),
        (ENTRY + "colour = 'red'", "is 'colour'; leave it out"),
        (ENTRY + "message = 3", "message must be a text, is 3"),
        (ENTRY + "target = []", "target must be a name or a list of names, is []"),
        (ENTRY + "target = ['bug', 3]", "target must be a name or a list of names"),
        (ENTRY + "link = 'lore'", "link must be an address, is 'lore'"),
        (ENTRY + "until = '2027-01-31'", "until must be a day, is '2027-01-31'"),
        (ENTRY + "until = 2027-01-31T10:00:00", "until must be a day, is datetime"),
        (ENTRY.replace("the series is not in this tree", " "), "reason must be a text, is ' '"),
    ],
)
def test_file_with_a_mistake_is_refused_in_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UsageError) as error:
        entries(tmp_path, text)

    assert str(error.value).startswith(f"{tmp_path}/known.toml:")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml: the known-findings file cannot be read: No"):
        known_findings.read(tmp_path / "none.toml")


def test_file_in_another_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_bytes(b"# one\n# two \xe9\n")

    with pytest.raises(UsageError, match=r"known\.toml:2: .* has the byte 0xe9; save it as UTF-8"):
        known_findings.read(path)


@pytest.mark.parametrize(
    ("kind", "function", "message", "expected"),
    [
        (Kind.HOST_BUG, "pte_list_remove", "BUG() reached", True),
        (Kind.HOST_FAULT, "pte_list_remove", "BUG() reached", False),
        (Kind.HOST_BUG, "__pte_list_remove", "BUG() reached", False),
        (Kind.HOST_BUG, "pte_list_remove", "a BUG() reached", False),
    ],
)
def test_entry_with_patterns_fits_whole_names_only(
    tmp_path: Path, kind: Kind, function: str, message: str, expected: bool
) -> None:
    (found,) = entries(tmp_path, WHOLE)

    assert expected == found.fits(Symptom(kind, function, message))


@pytest.mark.parametrize(
    ("pattern", "targets"),
    [("rfc-v?", ["rfc-v1", "rfc-v2", "rfc-v3", "rfc-v4"]), ("v6.6", ["v6.6"]), ("V6.6", [])],
)
def test_entry_with_a_target_pattern_is_about_those_targets(
    tmp_path: Path, pattern: str, targets: list[str]
) -> None:
    (found,) = entries(tmp_path, ENTRY + f"target = '{pattern}'")

    assert targets == [name for name in catalogue.TARGETS if found.is_about(name)]


def test_target_with_a_user_s_entry_knows_the_finding_until_its_last_day(tmp_path: Path) -> None:
    target = catalogue.get("bug").knowing(entries(tmp_path, WHOLE))
    finding = Symptom(Kind.HOST_BUG, "pte_list_remove", "BUG() reached")

    reasons = [target.known_reason(finding, today=day) for day in (EXPIRY, DAY_AFTER)]
    expired = [target.expired(finding, today=day) for day in (EXPIRY, DAY_AFTER)]

    assert [target.known[-1].why, None] == reasons
    assert [None, target.known[-1]] == expired


def test_target_with_two_entries_goes_by_the_one_that_holds(tmp_path: Path) -> None:
    both = entries(tmp_path, WHOLE + ENTRY.replace("not in this tree", "late"))
    target = catalogue.get("bug").knowing(both)

    symptom = Symptom(Kind.HOST_BUG, "pte_list_remove", "BUG() x")
    assert target.known_reason(symptom, DAY_AFTER) == "the series is late"
    assert target.expired(symptom, DAY_AFTER) is None


def test_entry_without_a_today_goes_by_the_day_in_utc() -> None:
    today = datetime.now(UTC).date()
    entry = known_findings.Known(Kind.LEAK, "f", "r", until=date.min)

    assert entry.expired()
    assert not known_findings.Known(Kind.LEAK, "f", "r", until=date.max).expired()
    assert entry.expired(today)


def test_shipped_file_declares_only_for_ports_that_there_are() -> None:
    names = {
        name for entry in known_findings.read(known_findings.SHIPPED) for name in entry.targets
    }

    assert names <= set(catalogue.TARGETS)


@pytest.mark.parametrize("name", ["bug", "rfc-v2", "rfc-v3", "rfc-v4", "v5.10"])
def test_port_that_appends_with_a_hole_is_known_not_to_recycle(name: str) -> None:
    target = catalogue.get(name)
    module = load(target)
    text = "add vm0 f0 s0 x1001\nadd vm0 f0 s1001 x100\nremove vm0 f0 #0\nrmap-add vm0 f0 s1500"

    module.run(binary.encode(parse(text, "test")))

    (finding,) = module.last().findings
    assert (finding.kind, finding.function) == (Kind.COUNT_CONTRACT, "rmap_add")
    assert target.known_reason(finding.symptom) is not None
