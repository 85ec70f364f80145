# SPDX-License-Identifier: GPL-2.0-only
"""Mutants that show only in random states, at which nobody could have aimed the generator.

Each template is a mistake that shows in one state only; its numbers (a length, a
slot, an SPTE, a gfn) are drawn for each mutant, from a seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from pyfuzz.kinds import Kind
from pyfuzz.mutants.mutant import Edit, Mutant

# The ranges from which the numbers are drawn, both ends included.
RANGES = {
    "few": (1, 13),
    "slot": (0, 13),
    "tail": (1, 12),
    "far": (13, 65),
    "n": (20, 200),
    "long": (200, 950),
    "spte": (0, 511),
    "gfn": (0, 15),
    "error": (2, 5),
}


@dataclass(frozen=True, slots=True)
class Template:
    """A mistake with names of ranges, such as ``{few}``, in place of numbers."""

    name: str
    what: str
    function: str
    old: str
    new: str


_COUNTED = "$d->tail_count + $d->spte_count"
_LENGTH = "rmap_desc(val)->tail_count + rmap_desc(val)->spte_count"
_FIRST = "rmap_desc(rmap_head->val)"
HEADDESC = (
    Template(
        "null-state",
        "slot {slot} is not cleared with {few} entries in front and {tail} descriptors behind",
        "pte_list_desc_remove_entry",
        "$h->sptes[$l] = NULL;",
        "if ($h->spte_count != {few} || $h->tail_count != {tail} * PTE_LIST_EXT || i != {slot}) "
        "$h->sptes[$l] = NULL;",
    ),
    Template(
        "fill-state",
        "a hole in slot {slot} of the descriptor before {tail} others is not filled at {n} entries",
        "pte_list_desc_remove_entry",
        "$d->sptes[$i] = $h->sptes[$l];",
        "if ($d->tail_count != {tail} * PTE_LIST_EXT || $i != {slot} || "
        "$h->tail_count / PTE_LIST_EXT != {n} / PTE_LIST_EXT + {tail}) "
        "$d->sptes[$i] = $h->sptes[$l];",
    ),
    Template(
        "search-state",
        "slot {slot} of the descriptor before {far} others is not searched",
        "pte_list_remove",
        "if ($d->sptes[i] != $s)",
        "if ($d->sptes[i] != $s || (i == {slot} && $d->tail_count == {far} * PTE_LIST_EXT))",
    ),
    Template(
        "error-length",
        "an error in a list of exactly {n} entries is not flagged",
        "pte_list_remove",
        "KVM_BUG_ON_DATA_CORRUPTION(true, $k);",
        f"KVM_BUG_ON_DATA_CORRUPTION({_LENGTH} != {{n}}, $k);",
    ),
    Template(
        "error-number",
        "a VM's error number {error} in a list with {few} entries in front drops the list",
        "pte_list_remove",
        "KVM_BUG_ON_DATA_CORRUPTION(true, $k); unlock:",
        "{{ static int errors; static struct kvm *of; if (of != $k || !$k->vm_bugged) errors = 0; "
        "of = $k; if (++errors == {error} && rmap_desc(val)->spte_count == {few}) val = 0; "
        "KVM_BUG_ON_DATA_CORRUPTION(true, $k); }} unlock:",
    ),
    Template(
        "zap-length",
        "zap all of exactly {n} entries keeps one in each descriptor",
        "kvm_zap_all_rmap_sptes",
        "i < $d->spte_count",
        f"i + ({_COUNTED} == {{n}}) < $d->spte_count",
    ),
    Template(
        "zap-bugged",
        "zap all of exactly {few} entries before {tail} descriptors in a bugged VM leaks",
        "kvm_zap_all_rmap_sptes",
        "kmem_cache_free($c, $d);",
        "if (!kvm->vm_bugged || $d->spte_count != {few} || "
        "$d->tail_count != {tail} * PTE_LIST_EXT) kmem_cache_free($c, $d);",
    ),
    Template(
        "count-length",
        "count is one short at exactly {long} entries",
        "pte_list_count",
        "$a->tail_count + $b->spte_count",
        "$a->tail_count + $b->spte_count - ($a->tail_count + $b->spte_count == {long})",
    ),
    Template(
        "next-length",
        "next ends a list of exactly {long} entries at the second descriptor",
        "rmap_get_next",
        "iter->desc = iter->desc->more;",
        "iter->desc = iter->desc->tail_count + iter->desc->spte_count == {long} ? "
        "NULL : iter->desc->more;",
    ),
    Template(
        "next-slot",
        "first begins at the last of {few} entries before {far} descriptors",
        "rmap_get_first",
        "iter->pos = 0;",
        f"iter->pos = 0; if ((rmap_head->val & 1) && {_FIRST}->spte_count == {{few}} && "
        f"{_FIRST}->tail_count == {{far}} * PTE_LIST_EXT) iter->pos = {{few}} - 1;",
    ),
    Template(
        "add-length",
        "every sixteenth SPTE added to exactly {long} entries is stored and not counted",
        "pte_list_add",
        "$d->sptes[$d->spte_count++] = $s;",
        "$d->sptes[$d->spte_count++] = $s; "
        "if (count == {long} && ((unsigned long)$s & 0x78) == 0x40) $d->spte_count--;",
    ),
    Template(
        "head-length",
        "an emptied first descriptor before {far} others takes the next one with it",
        "pte_list_desc_remove_entry",
        "$h->more ? $m : 0",
        "($h->tail_count == {far} * PTE_LIST_EXT ? rmap_many($h->more->more) : $h->more ? $m : 0)",
    ),
    Template(
        "spte-slot",
        "SPTE {spte} of a page is not found in slot {slot}",
        "pte_list_remove",
        "if ($d->sptes[i] != $s)",
        "if ($d->sptes[i] != $s || (i == {slot} && ((unsigned long)$s & 0xff8) == {spte} * 8))",
    ),
    Template(
        "single-spte",
        "SPTE {spte} of a page as the only entry is dropped by an error in a bugged VM",
        "pte_list_remove",
        "if (!KVM_BUG_ON_DATA_CORRUPTION((u64 *)$v != $s, $k))",
        "if (!KVM_BUG_ON_DATA_CORRUPTION((u64 *)$v != $s, $k) || "
        "($k->vm_bugged && ($v & 0xff8) == {spte} * 8))",
    ),
    Template(
        "gfn-length",
        "rmap_remove of gfn {gfn} in a bugged VM takes its neighbour's when {few} are in front",
        "rmap_remove",
        "pte_list_remove($a, $s, gfn_to_rmap($b, gfn, $c));",
        "{{ struct kvm_rmap_head *h = gfn_to_rmap($b, gfn, $c); "
        "if (kvm->vm_bugged && gfn == {gfn} && (h->val & 1) && "
        "rmap_desc(h->val)->spte_count == {few}) h = gfn_to_rmap($b, gfn ^ 1, $c); "
        "pte_list_remove($a, $s, h); }}",
    ),
    Template(
        "drop-length",
        "a parent that is dropped when {few} before {tail} descriptors are left keeps its SPTE",
        "drop_parent_pte",
        "mmu_spte_clear_no_track($p);",
        "if (!(sp->parent_ptes.val & 1) || "
        "rmap_desc(sp->parent_ptes.val)->spte_count != {few} || "
        "rmap_desc(sp->parent_ptes.val)->tail_count != {tail} * PTE_LIST_EXT || "
        "((unsigned long)$p & 8)) "
        "mmu_spte_clear_no_track($p);",
    ),
    Template(
        "recycle-gfn",
        "a list of gfn {gfn} in a bugged VM is not recycled",
        "rmap_add",
        "kvm_zap_all_rmap_sptes $a;",
        "if (!kvm->vm_bugged || gfn != {gfn}) kvm_zap_all_rmap_sptes $a;",
    ),
    Template(
        "context-length",
        "an error in a list of {tail} descriptors and {few} entries bugs the running vCPU's VM",
        "pte_list_remove",
        "KVM_BUG_ON_DATA_CORRUPTION(true, $k);",
        "KVM_BUG_ON_DATA_CORRUPTION(true, rmap_desc(val)->tail_count == {tail} * PTE_LIST_EXT && "
        "rmap_desc(val)->spte_count == {few} && kvm_get_running_vcpu() ? "
        "kvm_get_running_vcpu()->kvm : $k);",
    ),
)


def mutants(each: int, seed: int) -> list[Mutant]:
    """Return ``each`` mutants of every template, with numbers drawn from ``seed``."""
    chance = random.Random(seed)
    return [_draw(template, number, chance) for template in HEADDESC for number in range(each)]


def _draw(template: Template, number: int, chance: random.Random) -> Mutant:
    drawn = {name: chance.randint(*RANGES[name]) for name in RANGES}
    edit = Edit((template.function,), template.old, template.new.format(**drawn))
    return Mutant(
        name=f"{template.name}-{number + 1}",
        what=template.what.format(**drawn),
        like="a rare state for which no test was written",
        kinds=tuple(Kind),
        choices=((edit,),),
        group="rare",
    )
