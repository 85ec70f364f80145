/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The port's side of csrc/worlds/pages/target.h: the table, and facts read
 * from memory.  Nothing in here belongs to the coverage map.
 */
#ifndef PYFUZZ_PORTS_PAGES_ADAPTER_H
#define PYFUZZ_PORTS_PAGES_ADAPTER_H

#include "vm.h"

#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), \
			     apply_to = function)

static struct kvm_vcpu *vcpu_of(unsigned int vm, unsigned int vcpu)
{
	return &pyfuzz_vcpus[vm][vcpu];
}

static struct kvm_memory_slot *slot_of(unsigned int vm, unsigned int as,
				       unsigned int slot)
{
	return &pyfuzz_kvms[vm].slots[as][slot];
}

static void seam_vm_init(unsigned int vm)
{
	vm_init(&pyfuzz_kvms[vm], vm);
}

static void seam_vm_destroy(unsigned int vm)
{
	vm_destroy(&pyfuzz_kvms[vm]);
}

static void seam_topup(unsigned int vm, unsigned int vcpu)
{
	struct kvm_vcpu *v = vcpu_of(vm, vcpu);

	topup(&v->descriptors);
	topup(&v->headers);
	topup(&v->tables);
	topup(&v->translations);
}

static void seam_drain(unsigned int vm)
{
	vm_drain(&pyfuzz_kvms[vm]);
}

static void seam_set_mode(unsigned int vm, unsigned int vcpu,
			  enum pages_mode mode, bool smm, uint64_t root)
{
	set_mode(vcpu_of(vm, vcpu), mode, smm, root);
}

static int seam_load(unsigned int vm, unsigned int vcpu)
{
	return load_root(vcpu_of(vm, vcpu));
}

static void seam_unload(unsigned int vm, unsigned int vcpu)
{
	unload_root(vcpu_of(vm, vcpu));
}

static void seam_new_root(unsigned int vm, unsigned int vcpu, uint64_t root)
{
	unload_root(vcpu_of(vm, vcpu));
	vcpu_of(vm, vcpu)->mmu.root_gpa = root;
}

static void seam_sync_roots(unsigned int vm, unsigned int vcpu)
{
	sync_roots(vcpu_of(vm, vcpu));
}

static enum pages_result seam_page_fault(unsigned int vm, unsigned int vcpu,
					 uint64_t gva, uint32_t error)
{
	return page_fault(vcpu_of(vm, vcpu), gva, error);
}

static void seam_invlpg(unsigned int vm, unsigned int vcpu, uint64_t gva)
{
	invlpg(vcpu_of(vm, vcpu), gva);
}

static void seam_track_write(unsigned int vm, unsigned int vcpu, uint64_t gpa,
			     const void *new_value, unsigned int bytes)
{
	(void)vcpu;
	(void)new_value;
	track_write(&pyfuzz_kvms[vm], gpa, bytes);
}

static void seam_free_obsolete(unsigned int vm, unsigned int vcpu)
{
	struct kvm_vcpu *v = vcpu_of(vm, vcpu);

	if (v->mmu.root && is_obsolete(v->kvm, v->mmu.root))
		unload_root(v);
}

static void seam_slot_create(unsigned int vm, unsigned int as,
			     unsigned int slot, uint64_t base_gfn,
			     uint64_t npages, uint64_t hva_frame)
{
	struct kvm_memory_slot *s = slot_of(vm, as, slot);

	s->as = as;
	slot_create(&pyfuzz_kvms[vm], s, base_gfn, npages, hva_frame);
}

static void seam_slot_delete(unsigned int vm, unsigned int as, unsigned int slot)
{
	slot_delete(&pyfuzz_kvms[vm], slot_of(vm, as, slot));
}

static void seam_slot_move(unsigned int vm, unsigned int as, unsigned int slot,
			   uint64_t base_gfn)
{
	slot_move(&pyfuzz_kvms[vm], slot_of(vm, as, slot), base_gfn);
}

static void seam_set_dirty_log(unsigned int vm, unsigned int as,
			       unsigned int slot, bool on)
{
	set_dirty_log(&pyfuzz_kvms[vm], slot_of(vm, as, slot), on);
}

static void seam_unmap(unsigned int vm, unsigned int as, unsigned int slot,
		       uint64_t start, uint64_t end)
{
	unmap_range(&pyfuzz_kvms[vm], slot_of(vm, as, slot), start, end);
}

static void seam_change_pte(unsigned int vm, unsigned int as, unsigned int slot,
			    uint64_t gfn, uint64_t pfn, bool writable)
{
	change_pte(&pyfuzz_kvms[vm], slot_of(vm, as, slot), gfn, pfn, writable);
}

static void seam_age(unsigned int vm, unsigned int as, unsigned int slot,
		     uint64_t start, uint64_t end)
{
	age_range(slot_of(vm, as, slot), start, end, true);
}

static void seam_test_age(unsigned int vm, unsigned int as, unsigned int slot,
			  uint64_t start, uint64_t end)
{
	age_range(slot_of(vm, as, slot), start, end, false);
}

static void seam_write_protect(unsigned int vm, unsigned int as,
			       unsigned int slot, unsigned int level)
{
	write_protect_slot(slot_of(vm, as, slot), (int)level);
}

static void seam_protect_masked(unsigned int vm, unsigned int as,
				unsigned int slot, uint64_t gfn, uint64_t mask)
{
	write_protect_masked(slot_of(vm, as, slot), gfn, mask);
}

static void seam_clear_dirty(unsigned int vm, unsigned int as, unsigned int slot)
{
	clear_dirty_slot(slot_of(vm, as, slot));
}

static void seam_collapse(unsigned int vm, unsigned int as, unsigned int slot)
{
	collapse_slot(&pyfuzz_kvms[vm], slot_of(vm, as, slot));
}

static void seam_split(unsigned int vm, unsigned int as, unsigned int slot,
		       unsigned int level)
{
	split_slot(&pyfuzz_kvms[vm], slot_of(vm, as, slot), (int)level);
}

static void seam_zap_range(unsigned int vm, uint64_t start, uint64_t end)
{
	zap_range(&pyfuzz_kvms[vm], start, end);
}

static void seam_reclaim(unsigned int vm, unsigned int pages)
{
	zap_oldest(&pyfuzz_kvms[vm], pages);
}

static void seam_recover_nx(unsigned int vm)
{
	recover_nx(&pyfuzz_kvms[vm]);
}

static void seam_zap_all_fast(unsigned int vm)
{
	zap_all_fast(&pyfuzz_kvms[vm]);
}

static void seam_invalidate_mmio(unsigned int vm, uint64_t generation)
{
	invalidate_mmio(&pyfuzz_kvms[vm], generation);
}

static void seam_bug(unsigned int vm)
{
	KVM_BUG_ON(true, &pyfuzz_kvms[vm]);
}

static void seam_page(unsigned int vm, const void *header,
		      struct pages_page *out)
{
	const struct kvm_mmu_page *sp = header;

	*out = (struct pages_page){
		.header = header,
		.gfn = sp->gfn,
		.spt = (uint64_t *)sp->spt,
		.parents = (unsigned long *)&sp->parent_ptes.val,
		.stored = (const uint64_t *)sp->translations,
		.stored_shift = 12,
		.role = sp->role.word,
		.level = sp->role.level,
		.access = sp->role.access,
		.direct = sp->role.direct,
		.passthrough = sp->role.passthrough,
		.invalid = sp->role.invalid,
		.obsolete = is_obsolete(&pyfuzz_kvms[vm], sp),
		.smm = sp->role.smm,
		.guest_mode = sp->role.guest_mode,
		.unsync = sp->unsync,
		.root_count = sp->root_count,
	};
}

static unsigned long *seam_rmaps(unsigned int vm, unsigned int as,
				 unsigned int slot, unsigned int level,
				 uint64_t *heads)
{
	const struct kvm_memory_slot *s = slot_of(vm, as, slot);

	if (!s->present)
		return NULL;
	*heads = gfn_to_index(s->base_gfn + s->npages - 1, s->base_gfn,
			      (int)level) +
		 1;
	return &s->rmap[level - 1]->val;
}

static unsigned long *seam_dirty_bitmap(unsigned int vm, unsigned int as,
					unsigned int slot)
{
	return slot_of(vm, as, slot)->dirty_bitmap;
}

static bool seam_spte_present(uint64_t spte)
{
	return is_shadow_present_pte(spte);
}

static bool seam_spte_mmio(uint64_t spte)
{
	return is_mmio_spte(spte);
}

static bool seam_spte_large(uint64_t spte)
{
	return is_large_pte(spte);
}

static bool seam_spte_writable(uint64_t spte)
{
	return spte & SPTE_WRITABLE;
}

static const uint64_t *seam_root(unsigned int vm, unsigned int vcpu,
				 unsigned int i)
{
	struct kvm_mmu_page *root = vcpu_of(vm, vcpu)->mmu.root;

	return i || !root ? NULL : (const uint64_t *)root->spt;
}

static int64_t seam_used_pages(unsigned int vm)
{
	return pyfuzz_kvms[vm].used_pages;
}

static uint32_t seam_order(unsigned int vm, const void **headers, uint32_t cap)
{
	uint32_t n = 0;

	for (struct kvm_mmu_page *sp = pyfuzz_kvms[vm].newest; sp && n < cap;
	     sp = sp->next)
		headers[n++] = sp;
	return n;
}

static void seam_reorder(unsigned int vm, const void *const *headers, uint32_t n)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];

	kvm->newest = kvm->oldest = NULL;
	kvm->used_pages -= n;
	while (n--)
		list_insert(kvm, (struct kvm_mmu_page *)(uintptr_t)headers[n]);
}

#define SIZE_OF(member) sizeof(((struct pte_list_desc *)0)->member)
struct pages_target pages_target = {
	.name = PYFUZZ_NAME,
	.layout = {
		.capacity = PTE_LIST_EXT,
		.descriptor_size = sizeof(struct pte_list_desc),
		.more_offset = offsetof(struct pte_list_desc, more),
		.sptes_offset = offsetof(struct pte_list_desc, sptes),
		.spte_count_offset = offsetof(struct pte_list_desc, spte_count),
		.spte_count_size = SIZE_OF(spte_count),
#ifndef PORT_APPEND
		.tail_count_offset = offsetof(struct pte_list_desc, tail_count),
		.tail_count_size = SIZE_OF(tail_count),
#endif
	},
	.modes = 1U << PAGES_NONPAGING | 1U << PAGES_4LEVEL |
		 1U << PAGES_5LEVEL | 1U << PAGES_NESTED | 1U << PAGES_NESTED5,
	.own_walker = true,
	.vm_init = seam_vm_init,
	.vm_destroy = seam_vm_destroy,
	.topup = seam_topup,
	.drain = seam_drain,
#define SEAM_CALL(type, name, parameters) .name = seam_##name,
	PAGES_CALLS(SEAM_CALL)
	.names = {
		.set_mode = "set_mode", .load = "load_root",
		.unload = "unload_root", .new_root = "unload_root",
		.sync_roots = "sync_roots", .page_fault = "page_fault",
		.invlpg = "invlpg", .track_write = "track_write",
		.free_obsolete = "unload_root", .slot_create = "slot_create",
		.slot_delete = "slot_delete", .slot_move = "slot_move",
		.unmap = "unmap_range", .change_pte = "change_pte",
		.age = "age_range", .test_age = "age_range",
		.write_protect = "write_protect_slot",
		.protect_masked = "write_protect_masked",
		.clear_dirty = "clear_dirty_slot",
		.set_dirty_log = "set_dirty_log", .collapse = "collapse_slot",
		.split = "split_slot", .zap_range = "zap_range",
		.reclaim = "zap_oldest", .recover_nx = "recover_nx",
		.zap_all_fast = "zap_all_fast",
		.invalidate_mmio = "invalidate_mmio", .bug = "kvm_vm_bugged",
		.vm_init = "vm_init", .vm_destroy = "vm_destroy",
	},
#define SEAM_VM(vm) [vm] = &pyfuzz_kvms[vm].vm_bugged
	.bugged = { SEAM_VM(0), SEAM_VM(1) },
#undef SEAM_VM
#define SEAM_VM(vm) [vm] = &pyfuzz_kvms[vm].vm_dead
	.dead = { SEAM_VM(0), SEAM_VM(1) },
	.page = seam_page,
	.rmaps = seam_rmaps,
	.dirty_bitmap = seam_dirty_bitmap,
	.indices_are_places = true,
	.order = seam_order,
	.reorder = seam_reorder,
	.spte_present = seam_spte_present,
	.spte_mmio = seam_spte_mmio,
	.spte_large = seam_spte_large,
	.spte_writable = seam_spte_writable,
	.spte_frame_mask = SPTE_FRAME_MASK,
	.root = seam_root,
	.used_pages = seam_used_pages,
	.data = {
		{ pyfuzz_kvms, sizeof(pyfuzz_kvms) },
		{ pyfuzz_vcpus, sizeof(pyfuzz_vcpus) },
	},
};

#pragma clang attribute pop

#endif
