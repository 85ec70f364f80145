# SPDX-License-Identifier: GPL-2.0-only
"""How a base is interpreted, and which findings of a target it has."""

from __future__ import annotations

import json
from pathlib import Path

import made_up
import pytest
from made_runs import FLOOD, LOST, finding, lost_entry, make_run

from pyfuzz.ci.base import KERNEL, PORT, RUN, Base, find
from pyfuzz.ci.compare import Comparison
from pyfuzz.ci.replays import same
from pyfuzz.errors import UsageError
from pyfuzz.export.subject import Item
from pyfuzz.kinds import Kind
from pyfuzz.module.results import RawFinding
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue

# Not the same shape as LOST, but the same place in the target.
LONGER = "add vm1 f3 s7\nremove vm1 f3 s7\nadd vm1 f3 s9\nremove vm1 f3 s1\n"


def item(kind: Kind, text: str, function: str = "pte_list_remove") -> Item:
    operations = tuple(parse(text, "test"))
    return Item(Symptom(kind, function, "a message"), operations, None, stem="stem")


def raw(kind: Kind, function: str, operation: int) -> RawFinding:
    return RawFinding(Symptom(kind, function, "a message"), operation, 0, 1)


def test_base_that_is_a_run_folder_has_its_findings(tmp_path: Path) -> None:
    base = find(str(make_run(tmp_path / "run", lost_entry())))

    assert (RUN, None, [Kind.LOST_ENTRY]) == (base.what, base.target, [i.kind for i in base.items])
    assert f"the run folder {tmp_path / 'run'} (1 finding)" == base.described


def test_base_that_is_a_run_folder_keeps_each_finding_s_flavour(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", lost_entry())
    told = json.loads((run / "summary.json").read_text())
    told["findings"][0]["flavour"] = "sanitize"
    (run / "summary.json").write_text(json.dumps(told))

    (one,) = find(str(run)).items
    assert "sanitize" == one.flavour and one.command.endswith(" --sanitize")


def test_base_that_is_a_file_is_a_kernel(tmp_path: Path) -> None:
    path = made_up.variant(tmp_path / "before", "v7")

    base = find(str(path))

    assert (KERNEL, "before-mmu", f"the kernel {path}") == (
        base.what,
        base.target and base.target.name.partition(".")[0],
        base.described,
    )


def test_base_that_is_no_path_is_a_target() -> None:
    base = find("rfc-v2")

    assert (PORT, catalogue.get("rfc-v2")) == (base.what, base.target)


def test_base_that_is_nothing_is_refused_with_what_it_may_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'rfc-v22' is none of these"):
        find("rfc-v22")
    with pytest.raises(UsageError, match=r"--base .*mmu.c.*\(it has no run.json either"):
        find(str(tmp_path))


@pytest.mark.parametrize(
    ("kind", "function", "operation", "expected"),
    [
        (Kind.HOST_BUG, "f", 9, True),
        (Kind.HOST_BUG, "renamed", 3, True),
        (Kind.HOST_BUG, "renamed", 4, False),
        (Kind.LEAK, "f", 3, False),
        (Kind.HOST_BUG, "renamed", None, False),
    ],
)
def test_finding_is_the_same_by_its_function_or_by_its_operation(
    kind: Kind, function: str, operation: int | None, expected: bool
) -> None:
    found = [raw(Kind.HOST_BUG, "f", 3), raw(Kind.HANG, "f", 4)]

    assert expected is (same(found, Symptom(kind, function), operation) is not None)


def test_code_has_what_its_replay_shows(tmp_path: Path) -> None:
    lost, flood = item(Kind.LOST_ENTRY, LOST), item(Kind.LOG_FLOOD, FLOOD)
    with Comparison(catalogue.get("rfc-v2"), find("rfc-v3")) as comparison:
        on_base = comparison.on_base(lost.operations, "fuzz")

        assert "rfc-v3 shows it too" == comparison.why(lost, 0, 1, on_base)
        assert comparison.why(flood, 0, 5, on_base) is None


def test_run_folder_has_a_finding_of_the_same_shape_or_place(tmp_path: Path) -> None:
    base = find(str(make_run(tmp_path / "run", lost_entry())))
    with Comparison(catalogue.get("rfc-v3"), base) as comparison:
        comparison.replay_findings_of_base()
        found = comparison.target.run(parse(LONGER, "test"), "fuzz")
        (signature,) = (one.signature for one in found if one.kind is Kind.LOST_ENTRY)

        assert comparison.on_base(parse(LOST, "test"), "fuzz") is None
        assert comparison.why(item(Kind.LOST_ENTRY, LOST), 0, 1, None) is not None
        assert comparison.why(item(Kind.LOST_ENTRY, LONGER), 0, 3, None) is None
        assert comparison.why(item(Kind.LOST_ENTRY, LONGER), signature, 3, None) is not None


def test_findings_of_a_run_folder_are_fixed_or_still_there(tmp_path: Path) -> None:
    gone = finding(Kind.LOST_ENTRY, "pte_list_remove", "add vm0 f0 s0\nremove vm0 f0 s0\n")
    still = finding(Kind.LOG_FLOOD, "pte_list_remove", FLOOD)
    base = find(str(make_run(tmp_path / "run", gone, still)))
    with Comparison(catalogue.get("rfc-v3"), base) as comparison:
        comparison.replay_findings_of_base()

    assert ["lost-entry in pte_list_remove"] == [one.title for one in comparison.fixed]
    assert [Kind.LOG_FLOOD] == [one.kind for one in comparison.still.values()]
    assert all(one.base for one in comparison.still.values())


def test_nothing_is_on_no_base() -> None:
    with Comparison(catalogue.get("rfc-v3"), None) as comparison:
        comparison.replay_findings_of_base()

        assert comparison.why(item(Kind.LOST_ENTRY, LOST), 0, 1, None) is None
        assert comparison.fixed == []


def test_base_of_code_has_no_items() -> None:
    assert Base(PORT, "bug", catalogue.get("bug")).items == ()
