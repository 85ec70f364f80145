# SPDX-License-Identifier: GPL-2.0-only
"""Faults and hangs end an operation, also with several modules in one process."""

from __future__ import annotations

from pathlib import Path

from plants import Edit, plant

from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.module.compiled import Module
from pyfuzz.sequence import binary
from pyfuzz.sequence.text import parse
from pyfuzz.target import catalogue

FAULT = "context kworker\nremove vm0 f0 s9"
STRAY = "add vm0 f0 s0 x2\nremove vm0 f0 s9"
ENDLESS = Edit(
    "ports/headdesc.h", "KVM_BUG_ON_DATA_CORRUPTION(true, kvm);", "for (;;) cpu_relax();"
)


def kinds_of(module: Module, text: str) -> set[Kind]:
    module.run(binary.encode(parse(text, "test")))
    return {finding.kind for finding in module.last().findings}


def test_fault_with_modules_loaded_later_comes_back_each_time() -> None:
    faulty = compiled.load(catalogue.get("rfc-v2"))
    before = kinds_of(faulty, FAULT)
    for other in ("rfc-v4", "v6.6"):
        kinds_of(compiled.load(catalogue.get(other)), STRAY)

    after = [kinds_of(faulty, FAULT) for _ in range(3)]

    assert ({Kind.HOST_FAULT}, [{Kind.HOST_FAULT}] * 3) == (before, after)


def test_hang_with_modules_loaded_later_is_still_seen(tmp_path: Path) -> None:
    endless = compiled.load(plant("v6.6", tmp_path, ENDLESS))
    endless.set_hang_limit(50)
    kinds_of(endless, "count vm0 f0")
    kinds_of(compiled.load(catalogue.get("rfc-v4")), STRAY)

    assert [{Kind.HANG}] * 2 == [kinds_of(endless, STRAY) for _ in range(2)]


def test_world_after_a_fault_is_as_new() -> None:
    module = compiled.load(catalogue.get("rfc-v2"))
    kinds_of(module, "add vm0 f0 s0 x40\n" + FAULT)

    assert set() == kinds_of(module, "count vm0 f0\nadd vm0 f0 s0\niterate vm0 f0")


def test_longest_lists_are_far_from_a_hang() -> None:
    module = compiled.load(catalogue.get("v5.10"))
    module.set_hang_limit(30)  # a tenth of the default
    text = "parent-add vm0 p0 s0 x2048\nparent-unlink vm0 p0\nadd vm1 f0 s0 x2048\nzap-all vm1 f0\n"

    assert set() == kinds_of(module, text + "add vm2 f0 s0 x2047\nremove vm2 f0 #2046")
