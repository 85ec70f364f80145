# SPDX-License-Identifier: GPL-2.0-only
"""The made-up kernels of tests/kernels, and variants of them that a test needs."""

from __future__ import annotations

from pathlib import Path

from pyfuzz.extract import Extraction, extract

KERNELS = Path(__file__).parents[1] / "kernels"
NAMES = ("v4.19", "v5.10", "v5.15", "v6.15", "v7")

# These as in the kernel's headers, written by us.
KVM_TYPES_H = "#ifndef KVM_TYPES\n#define KVM_TYPES\nstruct kvm_rmap_head;\n#endif\n"
ASM_KVM_HOST_H = "struct kvm_rmap_head {\n\tatomic_long_t val;\n};\n"
KVM_HOST_H = """
static inline void kvm_vm_bugged(struct kvm *kvm)
{
	kvm->vm_bugged = kvm->vm_dead = true;
	kvm_make_all_cpus_request(kvm, KVM_REQ_VM_DEAD);
}

#define KVM_BUG_ON_DATA_CORRUPTION(cond, kvm)		\\
({							\\
	bool __wrong = (cond);				\\
	if (__wrong && !(kvm)->vm_bugged)		\\
		kvm_vm_bugged(kvm);			\\
	__wrong;					\\
})
"""
# Ages a range of gfns without mmu_lock, as kernels from 6.15 on do.
WALKER = """
static void look_readonly_done(struct kvm_rmap_head *rmap_head, unsigned long value)
{
	if (!value)
		return;
	atomic_long_set_release(&rmap_head->val, value);
	preempt_enable();
}

static bool look_at_frames(struct kvm *kvm, struct kvm_gfn_range *range, bool test_only)
{
	struct kvm_rmap_head *rmap_head = gfn_to_rmap(range->start, PG_LEVEL_4K, range->slot);
	struct rmap_iterator iter = {};
	unsigned long value;
	bool young = false;
	u64 *spte;

	preempt_disable();
	value = __kvm_rmap_lock(rmap_head);
	if (!value)
		preempt_enable();
	spte = value ? rmap_get_first(rmap_head, &iter) : NULL;
	for (; spte; spte = rmap_get_next(&iter)) {
		if (!(READ_ONCE(*spte) & BIT_ULL(5)))
			continue;
		young = true;
		if (!test_only)
			clear_bit(5, (unsigned long *)spte);
	}
	look_readonly_done(rmap_head, value);
	return young;
}
"""


def text(name: str) -> str:
    """Return the text of a made-up mmu.c."""
    return (KERNELS / f"{name}.c").read_text("utf-8")


def variant(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    """Write mmu.c with each (old, new) replaced everywhere; each old must be there."""
    changed = text(name)
    for old, new in changes:
        assert old in changed, f"{name}.c must have {old!r}"
        changed = changed.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mmu.c"
    path.write_text(changed, "utf-8")
    return path


def extracted(folder: Path, name: str, *changes: tuple[str, str]) -> Extraction:
    """Extract a variant."""
    return extract(variant(folder, name, *changes))


def tree(root: Path, name: str = "v7", *, kvm_host: str = KVM_HOST_H) -> Path:
    """Write a kernel tree around a made-up mmu.c; return its top."""
    files = {
        "Makefile": "# made up\nVERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 9\nEXTRAVERSION =\n",
        "arch/x86/Makefile": "VERSION = 1\nPATCHLEVEL = 1\n",
        "include/linux/kvm_types.h": KVM_TYPES_H,
        "include/linux/kvm_host.h": kvm_host,
        "arch/x86/include/asm/kvm_host.h": ASM_KVM_HOST_H,
        "arch/x86/kvm/mmu/mmu_internal.h": "#define MADE_UP 1\n",
        "arch/x86/kvm/mmu/mmu.c": text(name),
    }
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, "utf-8")
    return root
