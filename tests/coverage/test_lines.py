# SPDX-License-Identifier: GPL-2.0-only
"""Line coverage: exact counts on the lines of the target's own source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pyfuzz.coverage import lines
from pyfuzz.coverage.lines import FileCoverage, Line, LineCoverage, line_coverage
from pyfuzz.replay.runner import ChildDiedError, Runner
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import EXTRACTED, Target

STRAY = "add vm0 f1 s0\nremove vm0 f1 s5\n"
LONG = "add vm0 f1 s0 x1001\nzap-all vm0 f1\n"


def encoded(*texts: str) -> list[Input]:
    return [Input.of(parse(text, "test")) for text in texts]


@cache
def of_port(*texts: str) -> LineCoverage:
    return line_coverage(catalogue.get("rfc-v3"), encoded(*texts))


def file_named(coverage: LineCoverage, ending: str) -> FileCoverage:
    (found,) = [file for file in coverage.files if file.shown.endswith(ending)]
    return found


def line_with(file: FileCoverage, text: str) -> Line:
    (number,) = [number for number, line in file.text.items() if text in line]
    return file.lines[number]


def test_line_coverage_of_long_list_counts_past_a_byte() -> None:
    file = file_named(of_port(STRAY, LONG), "ports/append.h")

    assert line_with(file, "rmap_head->val = (unsigned long)sptep;").count == 2
    assert line_with(file, "desc->sptes[desc->spte_count++] = sptep;").count == 999


def test_line_coverage_of_loop_counts_the_part_that_ran_most_often() -> None:
    file = file_named(of_port("add vm0 f1 s0 x3\nzap-all vm0 f1\n"), "ports/append.h")
    body = line_with(file, "mmu_spte_clear_track_bits(kvm, desc->sptes[i]);")

    assert body.count == 3
    assert file.lines[body.number - 1].count == 4  # its condition, of start, condition, next


def test_line_coverage_of_unreached_line_has_count_zero_and_no_input() -> None:
    file = file_named(of_port(STRAY), "ports/append.h")
    line = line_with(file, "desc->spte_count = 2;")

    assert (line.count, line.blocks_run, line.input) == (0, 0, None)


def test_line_coverage_of_declaration_has_no_line() -> None:
    file = file_named(of_port(STRAY), "ports/append.h")
    (number,) = [number for number, text in file.text.items() if "u64 spte_count;" in text]

    assert number not in file.lines


def test_line_coverage_names_the_first_input_that_reaches_a_line() -> None:
    file = file_named(of_port(STRAY, LONG), "ports/append.h")

    assert line_with(file, "PORT_SINGLE(kvm, sptep);").input == 0
    assert line_with(file, "rmap_head->val = (unsigned long)sptep;").input == 0  # both do
    assert line_with(file, "desc->spte_count = 2;").input == 1


def test_line_coverage_of_condition_that_went_one_way_runs_part_of_the_line() -> None:
    line = line_with(file_named(of_port(LONG), "ports/iterator.h"), "BUG_ON(!is")
    loop = line_with(file_named(of_port(LONG), "ports/append.h"), "desc; desc = more)")

    assert line.blocks_run == 0
    assert 1 < loop.blocks_run == loop.blocks


def test_line_coverage_of_function_counts_its_entries() -> None:
    functions = file_named(of_port(STRAY, LONG), "ports/append.h").functions

    entries = {function.name: function.entries for function in functions}
    assert entries["pte_list_add"] == 1002
    assert entries["pte_list_remove"] == 1
    assert entries["pte_list_count"] == 0


def test_line_coverage_leaves_out_shim_and_adapter() -> None:
    names = {Path(file.shown).name for file in of_port(STRAY).files}

    assert names <= {"append.h", "callers.h", "encoding.h", "iterator.h", "rfc-v3.c"}


def test_line_coverage_of_extracted_code_is_on_the_users_lines(tmp_path: Path) -> None:
    file = file_named(line_coverage(extracted(tmp_path), encoded(STRAY)), "")

    assert file.shown == "my tree/mmu.c"
    line = line_with(file, "rmap_head->val = (unsigned long)sptep;")
    assert line.count == 1
    assert line.number > 7000


@pytest.mark.slow
def test_line_coverage_of_the_same_source_in_another_place_is_the_same(tmp_path: Path) -> None:
    covered = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        covered.append(line_coverage(extracted(tmp_path / name), encoded(STRAY)))

    assert covered[0] == covered[1]
    assert covered[0].lines > 50


def extracted(folder: Path) -> Target:
    """Make a target as the extractor does: the user's text under #line, then ours."""
    ports = catalogue.get("rfc-v4").source.parent
    body = (ports / "append.h").read_text()
    head, _, tail = body.partition("static int pte_list_add(")
    own = (ports / "rfc-v4.c").read_text().partition('#include "append.h"')[0]
    middle, _, end = tail.partition('#include "callers.h"')
    text = (
        f'{own}{head}#line 7001 "my tree/mmu.c"\nstatic int pte_list_add({middle}'
        f'#line 900 "the generated target"\n#include "callers.h"{end}'
    )
    for name in ("encoding.h", "iterator.h", "callers.h", "seam.h"):
        text = text.replace(f'"{name}"', f'"ports/{name}"')
    source = folder / "generated.c"
    source.write_text(text.replace('"../shim/shim.h"', '"shim/shim.h"'))
    return Target("made-up", EXTRACTED, "as rfc-v4", source)


def test_line_coverage_when_an_input_ends_the_process_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = Runner.call
    deadly, harmless = encoded(LONG, STRAY)

    def dies(self: Runner, function: Any, *arguments: Any) -> Any:
        if function is lines.run and arguments[0] == deadly:
            raise ChildDiedError(None)  # type: ignore[arg-type]
        return call(self, function, *arguments)

    monkeypatch.setattr(ChildDiedError, "__init__", lambda self, finding: None)
    monkeypatch.setattr(Runner, "call", dies)
    coverage = line_coverage(catalogue.get("rfc-v3"), [deadly, harmless])

    assert (coverage.inputs, coverage.died) == (2, (0,))
    file = file_named(coverage, "ports/append.h")
    assert line_with(file, "PORT_SINGLE(kvm, sptep);").input == 1
