# SPDX-License-Identifier: GPL-2.0-only
"""Extracted code runs under the harness like a port does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lockstep import first_difference
from made_up import KERNELS, KVM_HOST_H, NAMES, extracted, tree, variant
from selection import mostly_slow

from pyfuzz.extract import extract
from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.sequence.binary import decode, encode
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel
from pyfuzz.worlds.lists import module as lists_module
from pyfuzz.worlds.lists.operation import Opcode, Operation

pytestmark = pytest.mark.compilers

# A correct caller never does these: errors have their own tests.
ERRORS = {
    Opcode.REMOVE_STRAY,
    Opcode.ZAP_ONE_STRAY,
    Opcode.PARENT_REMOVE_STRAY,
    Opcode.RMAP_REMOVE_STRAY,
    Opcode.RMAP_REMOVE_OFF,
}


def drawn(seed: int, *, errors: bool) -> list[Operation]:
    """Draw a sequence like an engine would, on request without errors."""
    operations = decode(random.Random(seed).randbytes(240))
    return [op for op in operations if errors or op.opcode not in ERRORS]


def findings(module: compiled.Module, operations: list[Operation]) -> set[tuple[Kind, str]]:
    module.run(encode(operations))
    return {(finding.kind, finding.function) for finding in module.last().findings}


@pytest.mark.parametrize("name", NAMES)
def test_extracted_correct_callers_find_only_what_is_known(name: str) -> None:
    target = extract(KERNELS / f"{name}.c").target
    module = lists_module.load(target)
    known = {(known.kind, known.function) for known in target.known}

    for seed in range(200):
        found = findings(module, drawn(seed, errors=False))
        assert found <= known, f"seed {seed}: {found - known}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        "remove vm1 f3 s9",
        "add vm1 f3 s1\nremove vm1 f3 s9",
        "add vm1 f3 s0 x40\nremove vm1 f3 s90",
        "rmap-add vm1 f3 s1\nrmap-remove-off vm1 f3 #0",
        "parent-add vm1 p0 s1\nparent-remove vm1 p0 s9",
    ],
)
def test_extracted_error_follows_the_kernels_policy(name: str, text: str) -> None:
    target = extract(KERNELS / f"{name}.c").target
    module = lists_module.load(target)

    found = findings(module, list(parse(text, "test")))

    raw_remove = "__pte_list_remove" if name in ("v5.10", "v5.15") else "pte_list_remove"
    dies = {(Kind.HOST_BUG, raw_remove)} if "BUG()" in target.policy else set()
    assert found == dies


@pytest.mark.parametrize(
    ("name", "port"),
    mostly_slow([("v5.10", "v5.10"), ("v6.15", "v6.15"), ("v7", "v6.15")], ("v7", "v6.15")),
)
def test_extracted_behaves_as_the_port_of_its_generation(name: str, port: str) -> None:
    made_up = lists_module.load(extract(KERNELS / f"{name}.c").target)
    ours = lists_module.load(catalogue.get(port))

    for seed in range(8):
        difference = first_difference(ours, made_up, drawn(seed, errors=False))
        assert difference == "", f"seed {seed}: {difference}"


@pytest.mark.parametrize("name", NAMES)
def test_extracted_traits_are_those_that_were_detected(name: str) -> None:
    extraction = extract(KERNELS / f"{name}.c")
    traits, built = extraction.traits, lists_module.load(extraction.target).traits

    assert built.capacity == traits.capacity_value
    assert bool(built.spte_count_size) == (traits.count_field is not None)
    assert bool(built.tail_count_size) == (traits.tail_field is not None)
    assert bool(built.locked_heads) == traits.locked_heads
    assert (Opcode.COUNT in built.opcodes) == ("count" in extraction.functions)
    assert (Opcode.ZAP_ONE in built.opcodes) == ("zap-one" in extraction.functions)


def test_extracted_config_on_kills_the_host(tmp_path: Path) -> None:
    target = extract(Kernel(variant(tmp_path, "v7"), bug_on_data_corruption=True)).target

    found = findings(lists_module.load(target), list(parse("remove vm1 f3 s9", "test")))

    assert found == {(Kind.HOST_BUG, "pte_list_remove")}


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        (("\tmmu_free_pte_list_desc(head);\n", ""), Kind.LEAK, "add vm0 f0 s0 x2\nzap-all vm0 f0"),
        (("\thead->sptes[last] = NULL;\n", ""), Kind.SHAPE, "add vm0 f0 s0 x3\nremove vm0 f0 #0"),
        (("before = block->spte_count +", "before = 1 +"), Kind.COUNT_CONTRACT, "add vm0 f0 s0 x9"),
    ],
)
def test_extracted_mistake_of_a_kernel_is_found(
    tmp_path: Path, change: tuple[str, str], kind: Kind, text: str
) -> None:
    sequence = list(parse(f"{text}\nadd vm0 f1 s50 x2\nremove vm0 f1 #0\nremove vm0 f1 #0", "test"))
    module = lists_module.load(extracted(tmp_path, "v7", change).target)

    assert kind in {found for found, _ in findings(module, sequence)}


def test_extracted_zap_all_by_gfn_serves_parents_too() -> None:
    """4.19 zaps entry by entry and looks up the head by gfn, which parents do not have."""
    module = lists_module.load(extract(KERNELS / "v4.19.c").target)

    found = findings(
        module, list(parse("add vm0 p1 s5 x7\nzap-all vm0 p1\nadd vm0 f3 s5 x7", "test"))
    )

    assert found == set()


def test_extracted_kernel_without_vm_dead_bugs_its_vm_and_is_clean(tmp_path: Path) -> None:
    bugged_only = KVM_HOST_H.replace(
        "kvm->vm_bugged = kvm->vm_dead = true", "kvm->vm_bugged = true"
    )
    module = lists_module.load(extract(tree(tmp_path, kvm_host=bugged_only)).target)

    module.begin()
    stray = Operation(Opcode.REMOVE_STRAY, vm=1, head=3, head_vm=1, operand=9)
    step = module.step(stray, 0)

    assert ((), frozenset({1})) == (step.findings, step.bugged)


# As kernels up to 5.9 do: the loop ends at the last descriptor, before it is counted.
COUNTS_FULL = (
    "\tfor (block = first_block(rmap_head); block->sptes[PTE_LIST_EXT - 1];\n"
    "\t     block = block->more) {\n"
    "\t\tif (block->more == NULL)\n"
    "\t\t\tblock->more = mmu_alloc_pte_list_desc(vcpu);\n"
    "\t\tbefore += PTE_LIST_EXT;\n"
    "\t}\n"
)
FORGETS_FULL = (
    "\tfor (block = first_block(rmap_head);\n"
    "\t     block->sptes[PTE_LIST_EXT - 1] && block->more;\n"
    "\t     block = block->more)\n"
    "\t\tbefore += PTE_LIST_EXT;\n"
    "\tif (block->sptes[PTE_LIST_EXT - 1]) {\n"
    "\t\tblock->more = mmu_alloc_pte_list_desc(vcpu);\n"
    "\t\tblock = block->more;\n"
    "\t}\n"
)
ROOM, FULL = "up to the first descriptor with room", "before the last descriptor, which was full"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("add vm0 f0 s0 x3\nadd vm0 f0 s9", f"returned 0: those {FULL}"),
        ("add vm0 f0 s0 x9\nremove vm0 f0 #0\nadd vm0 f0 s9", f"returned 2: those {ROOM}"),
        ("add vm0 f0 s0 x1002\nrmap-add vm0 f0 s1100", f"is not: it has fewer {FULL}"),
        (
            "add vm0 f0 s0 x1003\nremove vm0 f0 #0\nrmap-add vm0 f0 s1100",
            f"is not: it has fewer {ROOM}",
        ),
    ],
)
def test_extracted_add_that_forgets_a_full_descriptor_is_known_and_told_apart(
    tmp_path: Path, text: str, said: str
) -> None:
    target = extracted(tmp_path, "v4.19", (COUNTS_FULL, FORGETS_FULL)).target
    module = lists_module.load(target)

    module.run(encode(list(parse(text, "test"))))

    findings = module.last().findings
    assert [one for one in findings if one.message.endswith(said)]
    for one in findings:
        reason = target.known_reason(one.symptom)
        assert reason is not None, one
        assert ("if all are full" in reason) == (FULL in one.message)


def test_extracted_add_that_counts_a_full_descriptor_knows_no_other_number() -> None:
    target = extract(KERNELS / "v5.10.c").target
    said = f"must return 3, returned 0: those {FULL}"

    assert target.known_reason(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", said)) is None
