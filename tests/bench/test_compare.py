# SPDX-License-Identifier: GPL-2.0-only
"""The comparison with peers: parsing trials, the statistics, one tiny run."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from selection import mostly_slow

from bench.compare import afl, line, peers, store, throughput, trial, trials
from bench.compare.__main__ import part
from bench.compare.peers import PEERS, Peer, Programs
from bench.compare.report import Comparison, aims, as_markdown
from bench.compare.statistics import Table, a12
from bench.compare.store import Measured
from bench.compare.throughput import Rate, SameInputs
from bench.compare.trials import Options, Row
from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.kinds import Kind
from pyfuzz.module import builder, engine
from pyfuzz.module.shared import Counts
from pyfuzz.mutants import sources
from pyfuzz.mutants.trial import Trial
from pyfuzz.target import catalogue
from pyfuzz.target.known_findings import Known

HOST_BUG = Kind.HOST_BUG.number


def found(after_s: float) -> Trial:
    return Trial(1, True, 10, 20, after_s, Kind.LEAK)


def not_found() -> Trial:
    return Trial(1, True, 10, 20, 20.0)


def rows(peer: str, **trials_of: list[Trial]) -> list[Row]:
    return [Row("v6.6", mutant, peer, one) for mutant, some in trials_of.items() for one in some]


def test_parse_takes_the_line_of_the_driver() -> None:
    one = trial.parse(f"noise\n1\t30\t400\t2500000000\t{HOST_BUG}\tpte_list_add\twhy\n", 7)

    assert Trial(7, True, 30, 400, 2.5, Kind.HOST_BUG, "pte_list_add", "why") == one


@pytest.mark.parametrize("text", ["", "Segmentation mutant\n", "1\t2\t3\n", "1\t2\t3\t4\t99\tf\tm"])
def test_parse_of_anything_else_is_none(text: str) -> None:
    assert trial.parse(text, 1) is None


def test_line_of_nothing_found_round_trips() -> None:
    assert Trial(1, False, 3, 4, 5e-9) == trial.parse(line.line(False, (3, 4), 5, ()), 1)


def test_run_of_a_process_that_dies_says_how(tmp_path: Path) -> None:
    one = trial.run([sys.executable, "-c", "import sys; sys.exit('no room')"], {}, tmp_path, 1.0, 3)

    assert (None, "ended with 1: no room") == (one.trial.kind, one.trial.died)


def test_restricted_mean_counts_what_was_not_found_as_the_budget() -> None:
    table = Table(rows("a", easy=[found(1.0), found(3.0)], hard=[not_found()]), 20.0, {"a": 0.5})

    assert 11.0 == table.restricted_mean_s("a", ["easy", "hard"], net=False)
    # The start-up is subtracted from trials with a finding, not from the budget.
    assert 10.75 == table.restricted_mean_s("a", ["easy", "hard"], net=True)


def test_start_up_that_a_trial_says_goes_before_that_of_its_peer() -> None:
    assert 0.25 == trial.start_s(f"noise\n{line.start_line(250_000_000)}\n1\t2\n")
    one = Row("v6.6", "x", "a", found(1.0), 0.25)

    assert [0.75] == Table([one], 20.0, {"a": 0.9}).times_s("x", "a", net=True)


def test_ratio_is_of_the_means_and_inside_its_interval() -> None:
    both = rows("a", x=[found(1.0)], y=[found(4.0)], z=[found(1.0)])
    both += rows("b", x=[found(2.0)], y=[found(4.0)], z=[found(4.0)])
    ratio = Table(both, 20.0, {}).ratio("a", "b", ["x", "y", "z"], net=False)

    assert 0.6 == ratio.value
    assert 0.25 <= ratio.low < ratio.value < ratio.high <= 1.0


def test_a12_is_the_share_of_pairs_that_are_faster() -> None:
    assert 0.75 == a12([1.0, 2.0], [2.0, 2.0])


def test_only_theirs_is_what_we_found_in_no_trial() -> None:
    both = rows("us", x=[found(1.0), not_found()], y=[not_found()])
    both += rows("them", x=[found(1.0)], y=[not_found(), found(9.0)])

    assert ["y"] == Table(both, 20.0, {}).only_theirs("us", "them")


def test_sample_holds_what_was_missed_besides_chance() -> None:
    names = [f"f{n}" for n in range(50)]
    options = Options(20.0, (1,), (1,), sample=5, jobs=1)
    chosen = trials.sample(names, ["f49"], options)

    assert chosen == trials.sample(names, ["f49"], options)
    assert "f49" in chosen and len(chosen) in (5, 6)
    assert set(names) == trials.sample(names, [], Options(20.0, (1,), (1,), sample=0, jobs=1))


def comparison(table: Table) -> Comparison:
    return Comparison(
        command="python -m bench.compare",
        machine="here",
        peers=PEERS[:2],
        missing={"AFL++": "afl-fuzz is missing: install the package afl++"},
        start_s={},
        budget_s=20.0,
        seeds=(1,),
        slow_seeds=(),
        speed=None,
        tables={"v6.6": table},
    )


def test_aims_name_a_mutant_that_only_a_peer_finds() -> None:
    both = rows("pyfuzz", x=[not_found()]) + rows("libFuzzer", x=[found(1.0)])
    text = "\n".join(aims(comparison(Table(both, 20.0, {}))))

    assert "missed and found by another: x (libFuzzer) | **no** |" in text
    assert "without start-up | 20.00 (20.00 to 20.00) | **no** |" in text


def test_page_says_which_peer_is_left_out_and_why() -> None:
    both = rows("pyfuzz", x=[found(0.5)]) + rows("libFuzzer", x=[found(1.0)])
    text = as_markdown(comparison(Table(both, 20.0, {})))

    assert "Left out: AFL++, afl-fuzz is missing: install the package afl++." in text
    assert "| libFuzzer | 1 | 0 | 0 | 1.000 s | 1.000 s | 0.50 (0.50 to 0.50) |" in text


def measured(command: str, budget_s: float, some: list[Row]) -> Measured:
    return Measured(
        command=command,
        machine="here",
        budget_s=budget_s,
        seeds=(1,),
        slow_seeds=(),
        start_s={row.peer: 0.1 for row in some},
        missing={},
        rows=some,
        rates={"pyfuzz": Rate(1.0, 2.0, 3.0)},
        same=[SameInputs(Counts(1, 2, 3), Counts(1, 2, 3), 1.0, 1.1)],
    )


def test_run_that_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    one = measured("a", 20.0, rows("pyfuzz", x=[found(1.0), not_found()]))
    store.write(tmp_path / "a.json", one)

    assert one == store.read(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": [{"peer": "x"}]}'])
def test_read_of_another_file_names_it_and_the_remedy(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)

    with pytest.raises(UsageError, match=r"x\.json must be what --json wrote.*measure again"):
        store.read(path)


def test_together_takes_each_cell_from_the_first_run_that_has_it() -> None:
    new = measured("new", 20.0, rows("pyfuzz", x=[found(1.0)]))
    old = measured("old", 20.0, rows("pyfuzz", x=[found(9.0)]) + rows("AFL++", x=[found(5.0)]))
    both = store.together([new, old])

    assert [("pyfuzz", 1.0), ("AFL++", 5.0)] == [
        (row.peer, row.trial.processor_s) for row in both.rows
    ]
    assert "new`, `old" == both.command


def test_together_refuses_runs_of_other_budgets() -> None:
    some = rows("pyfuzz", x=[found(1.0)])
    with pytest.raises(UsageError, match="the same --seconds"):
        store.together([measured("a", 20.0, some), measured("b", 5.0, some)])


def test_page_says_how_often_each_was_tried() -> None:
    some = {"x": [found(0.5)], "y": [found(0.5), found(0.7)]}
    both = rows("pyfuzz", **some) + rows("libFuzzer", **some)
    text = as_markdown(comparison(Table(both, 20.0, {})))

    assert "2 that are not equivalent, 1 or 2 trials each, of the seeds 1:" in text


def test_page_has_a_row_for_each_bug_of_another_world() -> None:
    both = rows("pyfuzz", x=[found(0.5)]) + rows("libFuzzer", x=[found(1.0)])
    page = as_markdown(
        replace(comparison(Table(both, 20.0, {})), tables={"pages": Table(both, 20.0, {})})
    )

    assert "## Real bugs of the world pages" in page
    assert "| x | 1/1, 0.50 s | 1/1, 1.00 s |" in page


def test_page_leaves_slow_peers_out_of_a_target_that_they_were_not_tried_on() -> None:
    both = rows("pyfuzz", x=[found(0.5)]) + rows("libFuzzer", x=[found(1.0)])
    slow = [peer for peer in PEERS if peer.slow]
    of_all = replace(comparison(Table(both, 20.0, {})), peers=[*PEERS[:2], *slow])

    assert "| AFL++ | 1 |" not in as_markdown(of_all)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """A mutant that every peer finds at once, compiled for all available peers."""
    folder = tmp_path_factory.mktemp("planted")
    source = sources.Source(catalogue.get("v6.6"))
    (mutant,) = trials.mutants_of(source.target, ("zap-one-keeps-spte",))
    target = sources.changed(source.target, source.apply(mutant), mutant.name, folder)
    present = [peer for peer in PEERS if not peer.missing()]
    return peers.build(target, trials.afl_for(present, folder))


@pytest.mark.slow
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: str(peer.name))
def test_peer_finds_a_plain_mutant_and_counts_what_it_took(
    peer: Peer, planted: Programs, tmp_path: Path
) -> None:
    if why := peer.missing():
        pytest.skip(why)
    one = peer.run(planted, tmp_path, 60.0, 1).trial

    assert "" == one.died
    assert Kind.STALE_SPTE is one.kind
    assert 0 < one.executions and 0.0 < one.processor_s < 60.0


@pytest.mark.parametrize("how", mostly_slow(["plain", "pyfuzz"], "pyfuzz"))
def test_known_finding_ends_no_trial(how: str, planted: Programs, tmp_path: Path) -> None:
    (peer,) = (peer for peer in PEERS if peer.how == how)
    known = Known(Kind.STALE_SPTE, "*", "planted")
    again = replace(planted, target=replace(planted.target, known=(known,)))
    one = peer.run(again, tmp_path, 1.0, 1).trial

    assert Kind.STALE_SPTE is not one.kind


def defined(path: Path, table: str) -> set[str]:
    """Return the symbols that a file defines."""
    with path.open("rb") as file:
        section = ELFFile(file).get_section_by_name(table)
        assert isinstance(section, SymbolTableSection)
        return {
            symbol.name for symbol in section.iter_symbols() if symbol["st_shndx"] != "SHN_UNDEF"
        }


def test_plain_libfuzzer_has_neither_our_mutator_nor_our_flags(tmp_path: Path) -> None:
    (plain,) = (peer for peer in PEERS if peer.how == "plain")
    words = plain.arguments(tmp_path, 1)

    assert "LLVMFuzzerCustomMutator" in defined(engine.prepare("fuzz"), ".dynsym")
    assert "LLVMFuzzerCustomMutator" not in defined(peers.plain_engine(), ".dynsym")
    assert not [word for word in words if "entropic" in word or "len_control" in word]


@pytest.mark.slow
def test_same_inputs_are_the_same_under_both(tmp_path: Path) -> None:
    target = catalogue.get("v6.6")
    native = throughput.native_program(target, engine.prepare("fuzz"))
    both = throughput.same_inputs(native, builder.build(target), 2000, 1, tmp_path, 1)

    assert both.same
    assert 2000 <= both.pyfuzz.executions


ORPHAN = """
import ctypes, subprocess, time
from bench.compare import afl_peer
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER, as a trial of AFL++
process = subprocess.Popen(["sh", "-c", "(sleep 1000 & kill -STOP $!); exec sleep 1000"])
while len(afl_peer.descendants(afl_peer.os.getpid())) < 2:
    time.sleep(0.01)
afl_peer.end(process)
print(afl_peer.descendants(afl_peer.os.getpid()))
"""


def test_trial_of_afl_ends_a_stopped_process_that_it_adopted() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ORPHAN],
        check=False,
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert ("[]\n", "") == (ended.stdout, ended.stderr)


@pytest.mark.skipif(bool(afl.missing()), reason=afl.missing())
def test_afl_builder_gives_coverage_to_the_target_alone() -> None:
    objects = builder.harness_objects("lists", "fuzz", paths.csrc() / "mutants" / "driver.c")
    harness = {path.name.rsplit("-", 1)[0]: defined(path, ".symtab") for path in objects}

    assert {"oracle", "descriptors", "driver"} <= set(harness)
    assert not [name for name, symbols in harness.items() if "sancov" in " ".join(symbols)]


@pytest.mark.slow
@pytest.mark.skipif(bool(afl.missing()), reason=afl.missing())
def test_afl_finds_a_mistake_between_threads_and_takes_no_counter_for_one(tmp_path: Path) -> None:
    target = trials.subject("threads")
    (mutant,) = trials.mutants_of(target, ("two-unlocks",))
    planted = peers.build(sources.plant(target, mutant, tmp_path), afl.Builder(tmp_path))
    (peer,) = (peer for peer in PEERS if peer.how == "afl")
    one = peer.run(planted, tmp_path, 60.0, 1).trial

    assert (Kind.LOCK_RULE, True) == (one.kind, one.reached)


def test_bugs_of_the_other_worlds_are_real_ones_and_mistakes_between_threads() -> None:
    fixes = {one.name for one in trials.mutants_of(trials.subject("pages"))}
    mistakes = {one.name for one in trials.mutants_of(trials.subject("threads"))}

    assert {"0cb2af2ea66a", "81ccda30b4e8"} <= fixes
    assert "6.1.187" not in fixes, "only kernels have that code"
    assert "two-unlocks" in mistakes and "freed-before-unlocked" not in mistakes  # equivalent


def test_bug_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no 'x' in reverted\.toml"):
        trials.mutants_of(trials.subject("pages"), ("x",))


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b"])
def test_part_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be N/M"):
        part(text)


def test_together_adds_the_seeds_of_runs() -> None:
    one = measured("one", 20.0, rows("pyfuzz", x=[replace(found(1.0), seed=1)]))
    other = measured("other", 20.0, rows("pyfuzz", x=[replace(found(2.0), seed=2)]))
    both = store.together([one, replace(other, seeds=(2,), start_s={"pyfuzz": 0.05})])

    assert ((1, 2), 2, 0.05) == (both.seeds, len(both.rows), both.start_s["pyfuzz"])
