# SPDX-License-Identifier: GPL-2.0-only
"""What the fourth version of the series prints to the log, word for word."""

from __future__ import annotations

import pytest

from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists import module as lists_module


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("remove vm0 f0 s9", "rmap for {} is empty"),
        ("add vm0 f0 s0\nremove vm0 f0 s9", "single rmap for {} doesn't match"),
        ("add vm0 f0 s0 x2\nremove vm0 f0 s9", "no rmap for {} (many->many)"),
    ],
)
def test_rfc_v4_error_logs_its_own_words_with_the_spte(text: str, message: str) -> None:
    module = lists_module.load(catalogue.get("rfc-v4"))
    module.begin()

    for number, operation in enumerate(parse(text, "test")):
        for step in range(operation.repeat):
            module.step(operation, number, step)

    assert [message.format(hex(module.spte_address(0, 9)))] == module.log()
