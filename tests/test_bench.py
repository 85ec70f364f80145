# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's table: medians of the rounds, and the two ratios that matter."""

from __future__ import annotations

from bench.__main__ import Rate, table


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
