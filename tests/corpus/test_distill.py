# SPDX-License-Identifier: GPL-2.0-only
"""Distilling: few inputs that reach as much as many."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plants import Edit, plant

from pyfuzz.corpus.distill import distill
from pyfuzz.corpus.entry import name_of, read_input, seeds_in
from pyfuzz.corpus.set_cover import Candidate, cover, union
from pyfuzz.corpus.survey import Reached, survey
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.run.folder import RunFolder
from pyfuzz.sequence import binary
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Target

DIES = "{ extern void _exit(int); _exit(3); }"
SLEEPS = "{ extern unsigned int sleep(unsigned int); sleep(100); }"
MISTAKE = "\tKVM_BUG_ON_DATA_CORRUPTION(true, kvm);"

RFC_V4 = catalogue.get("rfc-v4")


def payload(text: str) -> bytes:
    return binary.encode(parse(text, "test"))


def write(folder: Path, *texts: str) -> list[Path]:
    """Store sequences as libFuzzer would."""
    folder.mkdir(exist_ok=True)
    paths = []
    for text in texts:
        data = payload(text)
        paths.append(folder / name_of(data))
        paths[-1].write_bytes(data)
    return paths


@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 2**12 - 1)), max_size=20))
def test_cover_covers_all_and_needs_each(entries: list[tuple[bytes, int]]) -> None:
    candidates = [Candidate(data, covers) for data, covers in entries]
    already = 0b1001
    chosen = cover(candidates, already)
    whole = already | union(one.covers for one in candidates)
    assert whole == already | union(candidates[i].covers for i in chosen)
    for place in chosen:
        rest = already | union(candidates[i].covers for i in chosen if i != place)
        assert rest != whole, f"{place} is not needed"


def test_cover_of_equal_cover_takes_the_shorter() -> None:
    assert [1] == cover([Candidate(b"long one", 0b11), Candidate(b"short", 0b11)])


def test_cover_leaves_out_what_later_choices_made_superfluous() -> None:
    # The middle one comes first by value; the outer two are needed for their ends.
    middle = Candidate(b"", 0b0111_1110)
    outer = [Candidate(b"x" * 4, 0b0000_1111), Candidate(b"y" * 4, 0b1111_0000)]
    assert [1, 2] == cover([middle, *outer])


def test_cover_of_the_same_set_in_another_order_is_the_same() -> None:
    random_ = random.Random(7)
    candidates = [
        Candidate(random_.randbytes(random_.randrange(40)), random_.getrandbits(64))
        for _ in range(60)
    ]
    mixed = random_.sample(candidates, len(candidates))
    expected = {candidates[i].data for i in cover(candidates)}
    assert expected == {mixed[i].data for i in cover(mixed)}


def test_coverage_does_not_depend_on_what_ran_before() -> None:
    module = compiled.load(RFC_V4)
    first = module.coverage(payload("add vm0 f0 s0 x20\niterate vm0 f0"))
    module.coverage(payload("remove vm0 f0 s1\nadd vm1 f3 s0 x300"))
    assert first == module.coverage(payload("add vm0 f0 s0 x20\niterate vm0 f0"))


def test_coverage_tells_how_often_a_counter_was_hit() -> None:
    module = compiled.load(RFC_V4)
    edges = module.traits.counters
    once = module.coverage(payload("add vm0 f0 s0"))[:edges]
    three = module.coverage(payload("add vm0 f0 s0\nadd vm0 f1 s1\nadd vm0 f2 s2"))[:edges]
    assert {0, 1} == set(once)
    assert 4 in three


def test_survey_counts_edges_and_states_as_a_campaign_does() -> None:
    (one,) = (found := survey(RFC_V4, "fuzz", [Input(payload("add vm0 f0 s0"))])).results
    assert isinstance(one, Reached)
    assert (1, 1) == (one.operations, one.steps)
    # One state: an add to an empty list; no descriptor, so no shape.
    assert 1 == found.states(one.covers)
    assert one.covers.bit_count() == found.edges(one.covers) + 1


def test_survey_has_the_findings_of_the_run() -> None:
    (one,) = survey(catalogue.get("bug"), "fuzz", [Input(payload("remove vm0 f0 s0"))]).results
    assert isinstance(one, Reached)
    assert [(Kind.HOST_BUG, "pte_list_remove")] == [(f.kind, f.function) for f in one.findings]


@pytest.mark.parametrize(
    ("instead", "limit_s", "kind"),
    [(DIES, 60, Kind.HOST_FAULT), (SLEEPS, 10, Kind.HANG)],
    ids=["dies", "sleeps"],
)
def test_distill_input_that_ends_the_process_costs_itself_alone(
    tmp_path: Path, instead: str, limit_s: float, kind: Kind
) -> None:
    target = plant("v6.6", tmp_path / "c", Edit("ports/headdesc.h", MISTAKE, instead))
    good = ["add vm0 f0 s0", "count vm0 f0", "zap-all vm1 p1\nadd vm0 f1 s0 x40"]
    paths = write(tmp_path / "corpus", *good, "add vm0 f0 s0 x2\nremove vm0 f0 s9")
    found = distill(target, "fuzz", paths, hang_limit_s=limit_s)
    assert [(paths[3], kind)] == [(path, finding.kind) for path, finding in found.fatal]
    assert set(paths[:3]) == {*found.kept, *found.dropped}
    assert found.unmeasured == 0


def test_distill_drops_what_adds_nothing_and_loses_nothing(tmp_path: Path) -> None:
    long = "add vm0 f0 s0\ncount vm0 f0\niterate vm0 f0"
    paths = write(tmp_path / "corpus", long, "add vm0 f0 s0", "add vm1 f3 s7", "add vm0 f0 s0 x99")
    found = distill(RFC_V4, "fuzz", paths)
    assert {paths[0], paths[3]} == set(found.kept)
    again = distill(RFC_V4, "fuzz", found.kept)
    reached = (found.edges, found.states, found.features)
    assert (found.kept, reached) == (again.kept, (again.edges, again.states, again.features))


def test_distill_without_time_keeps_everything(tmp_path: Path) -> None:
    paths = write(tmp_path / "corpus", "add vm0 f0 s0", "add vm1 f3 s7")
    found = distill(RFC_V4, "fuzz", paths, limit_s=0)
    assert (tuple(sorted(paths)), (), 2) == (found.kept, found.dropped, found.unmeasured)


def test_distill_keeps_what_is_pinned_and_counts_what_it_reaches(tmp_path: Path) -> None:
    same = ["add vm0 f0 s0", "add vm1 f3 s7 x1"]
    paths = write(tmp_path / "corpus", *same, "add vm0 f0 s0\nadd vm0 f1 s0\ncount vm0 f0")
    found = distill(RFC_V4, "fuzz", paths, pinned=paths[:2])
    assert (set(paths), ()) == (set(found.kept), found.dropped)


def test_distill_unreadable_file_is_said_and_costs_itself_alone(tmp_path: Path) -> None:
    (good,) = write(tmp_path / "corpus", "add vm0 f0 s0")
    bad = tmp_path / "corpus" / ("0" * 40)
    bad.write_bytes(b"1234")
    gone = tmp_path / "corpus" / "gone.pyfz"
    found = distill(RFC_V4, "fuzz", [gone, bad, good])
    assert (good,) == found.kept
    assert [bad, gone] == [path for path, _ in found.unreadable]
    assert "must be named by the SHA-1 of its content" in found.unreadable[0][1]
    assert "cannot be read: No such file" in found.unreadable[1][1]


def test_distill_of_nothing_starts_no_process() -> None:
    nowhere = Target("none", "none", "", Path(os.devnull))
    assert () == distill(nowhere, "fuzz", []).kept


def test_input_named_by_its_sha1_is_never_a_text(tmp_path: Path) -> None:
    data = b"add this, then that"
    (tmp_path / name_of(data)).write_bytes(data)
    (tmp_path / "other").write_bytes(data)
    assert Input(data) == read_input(tmp_path / name_of(data))
    with pytest.raises(UsageError, match="other:1: "):
        read_input(tmp_path / "other")


def test_seeds_in_a_campaigns_corpus_are_found_by_name(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", "rfc-v4")
    folder.prepare_corpus(pytest.fail)
    assert set(folder.corpus.iterdir()) == seeds_in(folder.corpus, "lists")
    folder.close()


def test_survey_finding_that_shows_late_is_named_at_its_operation(tmp_path: Path) -> None:
    # A leak is seen at the end of a run; the precise run finds the operation.
    free = "\tkmem_cache_free(pte_list_desc_cache, head);"
    target = plant("v6.6", tmp_path, Edit("ports/headdesc.h", free, "\t(void)head;"))
    text = (
        "add vm0 f0 s0 x15\nremove vm0 f0 s0 x2\ncount vm0 f0\ncount vm0 f0\nremove vm0 f0 #0 x12"
    )
    (one,) = survey(target, "fuzz", [Input(payload(text + "\ncount vm0 f0"))]).results
    assert isinstance(one, Reached)
    assert [(Kind.LEAK, 1)] == [(finding.kind, finding.operation) for finding in one.findings]
