# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks: their tables, their plots, and how a profile is broken down."""

from __future__ import annotations

import itertools
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from bench import profile, scaling
from bench.__main__ import Rate, table
from bench.plot import Series, line_plot
from pyfuzz.module import compiled
from pyfuzz.target import catalogue


def test_table_has_the_median_of_each_driver_and_the_ratios() -> None:
    rates = {
        "bare C loop, no engine": [Rate(3000.0, 9e6)],
        "native libFuzzer": [Rate(1000.0, 3e6), Rate(9999.0, 3e6), Rate(10.0, 3e6)],
        "pyfuzz (atheris)": [Rate(900.0, 2.7e6)],
        "naive atheris": [Rate(30.0, 9e4)],
    }
    lines = table("rfc-v4", rates).splitlines()

    assert "| native libFuzzer | 1,000 | 3,000,000 | 1.000 |" in lines
    assert "pyfuzz: 0.90 of native libFuzzer, 30 times the naive form" == lines[-1]


def test_line_plot_is_whole_xml_with_a_dot_for_each_point() -> None:
    series = [Series("a < b", [(1, 10), (4, 20)]), Series("c", [(1, 0), (4, 20)])]
    root = ET.fromstring(line_plot("T & t", "x", "y", series))
    titles = [element.text for element in root.iter() if element.tag.endswith("title")]

    assert ["a < b: 1, 10", "a < b: 4, 20", "c: 1, 0", "c: 4, 20"] == titles
    assert "prefers-color-scheme: dark" in "".join(root.itertext())


def test_line_plot_puts_no_label_on_another() -> None:
    series = [Series(name, [(1, 1), (2, 5)]) for name in ("a", "b", "c")]
    root = ET.fromstring(line_plot("t", "x", "y", series))
    ends = [float(e.attrib["y"]) for e in root.iter() if e.text in ("a", "b", "c")]

    assert 3 == len(ends)
    assert all(low - high >= 15 for high, low in itertools.pairwise(ends))


def test_churn_keeps_the_list_as_long_as_it_was_built() -> None:
    module = compiled.load(catalogue.get("v6.6"))
    without, whole = scaling.churn(30, newest=False)
    module.run(whole)

    assert () == module.last().findings
    assert 30 + 800 == module.last().steps
    assert whole.startswith(without)


def test_samples_of_perf_are_read_with_their_symbols() -> None:
    text = (
        "    15.69%  v6.6-cd25  [.] entry     -      -\n\n     0.82%  [kernel.kallsyms]  [k] find\n"
    )

    assert [(15.69, "v6.6-cd25", "entry"), (0.82, "[kernel.kallsyms]", "find")] == list(
        profile.samples(text)
    )


def test_part_of_a_function_is_told_by_its_file() -> None:
    files = {"check_list": "oracle.c", "pte_list_add": "v6.6.c"}

    assert "oracle: which checks, flags, numbers" == profile.part_of("check_list", files, "v6.6.c")
    assert "the target's own code" == profile.part_of("pte_list_add", files, "v6.6.c")
    assert "adapter: how the target is called" == profile.part_of(
        "pyfuzz_adapter_add", files, "v6.6.c"
    )
    assert "everything else" == profile.part_of("main", files, "v6.6.c")


def test_recorded_inputs_are_those_that_were_written(tmp_path: Path) -> None:
    path = tmp_path / "recorded"
    path.write_bytes(b"\2\0\0\0ab\0\0\0\0\1\0\0\0c")

    assert [b"ab", b"", b"c"] == list(profile.recorded_inputs(path))


def test_worker_starts_without_looking_up_the_version() -> None:
    # importlib.metadata took a quarter of the processor time of a worker's start.
    code = "import sys, pyfuzz.campaign.worker; print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False\n" == done.stdout
