# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's walkers without mmu_lock (6.15 on), for the world ``threads`` alone.

They are taken as a whole, with everything that they call, and are compiled only
with ``PYFUZZ_THREADS``: the other worlds have no concurrency.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyfuzz.extract.closure import Closure, Gatherer
from pyfuzz.extract.parse import Index, Item

_PARAMETERS = ("struct kvm *", "struct kvm_gfn_range *", "bool")
# The bit of an SPTE that says that it has no Accessed bit, if the kernel has one.
_NO_AD = "SPTE_TDP_AD_DISABLED"
_MASK = "shadow_accessed_mask"


@dataclass(frozen=True, slots=True)
class Lockless:
    """A walker, and what it needs in addition to the functions of the lists."""

    age: Item
    closure: Closure
    items: tuple[Item, ...]

    def adapter(self) -> list[str]:
        """Return how csrc/worlds/threads/seam.h calls it."""
        taken = {key for item in self.closure.items for key in item.keys}
        mask = f"((void)(on), (void)({_MASK} = PYFUZZ_SPTE_ACCESSED))"
        no_ad = f"{_NO_AD} | " if _NO_AD in taken else ""
        return [
            "#define PYFUZZ_AGE(vm, head, test_only) \\",
            f"\t{self.age.name}(&pyfuzz_kvms[vm], &(struct kvm_gfn_range){{ \\",
            "\t\t.slot = &pyfuzz_slots[vm], .start = (head), .end = (head) + 1 }, test_only)",
            f'#define PYFUZZ_AGE_NAME "{self.age.name}"',
            f"#define PYFUZZ_SET_AD(on) {mask if _MASK in taken else '((void)(on))'}",
            "#define PYFUZZ_YOUNG_AD (PYFUZZ_SPTE_ACCESSED | 5)",
            f"#define PYFUZZ_YOUNG_NO_AD ({no_ad}PYFUZZ_SPTE_ACCESSED | 5)",
        ]


def find(index: Index) -> Item | None:
    """Return the function that ages frames without mmu_lock, None if there is none."""
    for item in index.functions:
        kinds = tuple(param.type for param in item.params)
        if item.file.is_code and kinds == _PARAMETERS and "readonly" in item.text:
            return item
    return None


def gather(age: Item, gatherer: Gatherer, base: Closure) -> Lockless | str:
    """Collect what a walker needs, or return why that is not possible."""
    closure = gatherer.closure([age])
    unknown = [stub for stub in closure.guesses if stub.name not in base.stubs]
    if unknown:
        return f"{unknown[0].used_in} depends on {unknown[0].name}, which is unknown"
    return Lockless(age, closure, tuple(item for item in closure.items if item not in base.items))
