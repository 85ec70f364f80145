/* SPDX-License-Identifier: GPL-2.0-only */
/* Creating and destroying a VM, its vCPUs' roots and its memslots. */
#ifndef PYFUZZ_PORTS_PAGES_VM_H
#define PYFUZZ_PORTS_PAGES_VM_H

#include "host.h"

static int load_root(struct kvm_vcpu *vcpu)
{
	struct kvm_mmu *mmu = &vcpu->mmu;
	union kvm_mmu_page_role role = { .word = 0 };
	gfn_t gfn = mmu->root_gpa >> 12;

	if (mmu->root)
		return 0;
	role.level = mmu->mode == PAGES_NONPAGING || mmu->mode == PAGES_4LEVEL ?
			     4 :
			     ROOT_LEVELS;
	role.access = ACC_ALL;
	role.smm = mmu->smm;
	if (mmu->mode == PAGES_NONPAGING) {
		role.direct = 1;
		gfn = 0;
	} else if (!gfn_to_slot(vcpu->kvm, role, gfn)) {
		return -1;
	}
	role.guest_mode = mmu->mode == PAGES_NESTED ||
			  mmu->mode == PAGES_NESTED5;
	/* The guest has one level less than the shadow pages. */
	role.passthrough = mmu->mode == PAGES_NESTED;
	mmu->root = get_shadow_page(vcpu, gfn, role);
	mmu->root->root_count++;
	return 0;
}

static void unload_root(struct kvm_vcpu *vcpu)
{
	struct doomed doomed = { NULL };
	struct kvm_mmu_page *root = vcpu->mmu.root;

	vcpu->mmu.root = NULL;
	if (!root)
		return;
	root->root_count--;
	/* Zapped while it was in use: now its memory can be freed, too. */
	if (root->role.invalid && !root->root_count)
		prepare_zap_page(vcpu->kvm, root, &doomed);
	commit_zap(vcpu->kvm, &doomed);
}

static void set_mode(struct kvm_vcpu *vcpu, enum pages_mode mode, bool smm,
		     u64 root)
{
	static const int levels[PAGES_MODES] = {
		[PAGES_4LEVEL] = 4,
		[PAGES_5LEVEL] = 5,
		[PAGES_NESTED] = 4,
		[PAGES_NESTED5] = 5,
	};

	vcpu->mmu.mode = mode;
	vcpu->mmu.guest_levels = levels[mode];
	vcpu->mmu.smm = smm;
	vcpu->mmu.root_gpa = root;
}

static void slot_arrays(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	gfn_t last = slot->base_gfn + slot->npages - 1;

	for_each_level(1, level) {
		gfn_t pages = pages_per(level);
		gfn_t n = gfn_to_index(last, slot->base_gfn, level) + 1;
		struct lpage_info *info;

		slot->rmap[level - 1] =
			pages_alloc(PAGES_ARRAY, kvm->pyfuzz_vm,
				    n * sizeof(struct kvm_rmap_head));
		if (level == 1)
			continue;
		info = pages_alloc(PAGES_ARRAY, kvm->pyfuzz_vm,
				   n * sizeof(*info));
		slot->lpage[level - 1] = info;
		/* A huge page is in one slot, and aligned on both sides. */
		if (slot->base_gfn % pages)
			info[0].disallow++;
		if ((last + 1) % pages)
			info[n - 1].disallow++;
		for (gfn_t i = 0;
		     (slot->base_gfn ^ slot->hva_frame) % pages && i < n; i++)
			info[i].disallow++;
	}
}

static void set_dirty_log(struct kvm *kvm, struct kvm_memory_slot *slot, bool on)
{
	if (on && !slot->dirty_bitmap)
		slot->dirty_bitmap = pages_alloc(PAGES_ARRAY, kvm->pyfuzz_vm,
						 (slot->npages + 63) / 64 * 8);
	if (!on && slot->dirty_bitmap) {
		pages_free(PAGES_ARRAY, slot->dirty_bitmap);
		slot->dirty_bitmap = NULL;
	}
	slot->dirty_log = on;
}

static void slot_free_arrays(struct kvm_memory_slot *slot)
{
	for_each_level(1, level) {
		pages_free(PAGES_ARRAY, slot->rmap[level - 1]);
		if (level > 1)
			pages_free(PAGES_ARRAY, slot->lpage[level - 1]);
	}
	set_dirty_log(NULL, slot, false);
	slot->present = false;
}

static void slot_create(struct kvm *kvm, struct kvm_memory_slot *slot,
			gfn_t base_gfn, u64 npages, u64 hva_frame)
{
	slot->base_gfn = base_gfn;
	slot->npages = npages;
	slot->hva_frame = hva_frame;
	slot_arrays(kvm, slot);
	slot->present = true;
	/* What was MMIO may be memory now. */
	invalidate_mmio(kvm, kvm->mmio_generation + 1);
}

static void slot_delete(struct kvm *kvm, struct kvm_memory_slot *slot)
{
	zap_all_fast(kvm);
	slot_free_arrays(slot);
}

static void slot_move(struct kvm *kvm, struct kvm_memory_slot *slot,
		      gfn_t base_gfn)
{
	u64 npages = slot->npages, hva_frame = slot->hva_frame;

	slot_delete(kvm, slot);
	slot_create(kvm, slot, base_gfn, npages, hva_frame);
}

static void cache_init(struct kvm_mmu_memory_cache *mc, unsigned int vm,
		       enum pages_kind kind, size_t size)
{
	*mc = (struct kvm_mmu_memory_cache){
		.vm = vm,
		.kind = kind,
		.size = size,
		.wanted = kind == PAGES_DESCRIPTOR ? CACHED : ROOT_LEVELS + 1,
	};
}

static void vm_init(struct kvm *kvm, unsigned int vm)
{
	memset(kvm, 0, sizeof(*kvm));
	kvm->pyfuzz_vm = vm;
	cache_init(&kvm->split_descriptors, vm, PAGES_DESCRIPTOR,
		   sizeof(struct pte_list_desc));
	for (int i = 0; i < PAGES_VCPUS; i++) {
		struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

		vcpu->kvm = kvm;
		vcpu->vcpu_id = i;
		memset(&vcpu->mmu, 0, sizeof(vcpu->mmu));
		kvm->pyfuzz_vcpus[i] = vcpu;
		cache_init(&vcpu->descriptors, vm, PAGES_DESCRIPTOR,
			   sizeof(struct pte_list_desc));
		cache_init(&vcpu->headers, vm, PAGES_HEADER,
			   sizeof(struct kvm_mmu_page));
		cache_init(&vcpu->tables, vm, PAGES_SPT, 4096);
		cache_init(&vcpu->translations, vm, PAGES_ARRAY, 4096);
	}
}

static void vm_drain(struct kvm *kvm)
{
	for (int i = 0; i < PAGES_VCPUS; i++) {
		struct kvm_vcpu *vcpu = kvm->pyfuzz_vcpus[i];

		drain(&vcpu->descriptors);
		drain(&vcpu->headers);
		drain(&vcpu->tables);
		drain(&vcpu->translations);
	}
	drain(&kvm->split_descriptors);
}

/* A bugged VM is destroyed in the same way. */
static void vm_destroy(struct kvm *kvm)
{
	for (int i = 0; i < PAGES_VCPUS; i++)
		unload_root(kvm->pyfuzz_vcpus[i]);
	zap_all_fast(kvm);
	for (int as = 0; as < PAGES_SPACES; as++)
		for (int i = 0; i < PAGES_SLOTS; i++)
			if (kvm->slots[as][i].present)
				slot_free_arrays(&kvm->slots[as][i]);
	vm_drain(kvm);
}

#endif
