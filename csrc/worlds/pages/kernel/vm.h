/* SPDX-License-Identifier: GPL-2.0-only */
/* A VM from creation to destruction, and a vCPU's registers and roots. */
#ifndef PYFUZZ_KERNEL_VM_H
#define PYFUZZ_KERNEL_VM_H

#include "facts.h"
#include "standins.h"

/* The harness has no room for more; with fewer the kernel reclaims. */
#define PYFUZZ_MAX_TABLES 160
/* The host's width, which must fit a process's addresses, and the guest's. */
#define PYFUZZ_HOST_BITS 48
#define PYFUZZ_GUEST_BITS 46

static u8 pyfuzz_mm[64];

/* The guest's CPUID has huge pages of 1G, where it is not looked up each time. */
static void pyfuzz_allow_1g(struct kvm_vcpu *vcpu)
{
#if defined(PYFUZZ_HAVE_CPU_CAPS)
	vcpu->arch.cpu_caps[__feature_leaf(X86_FEATURE_GBPAGES)] |=
		__feature_bit(X86_FEATURE_GBPAGES);
#elif defined(PYFUZZ_HAVE_GOVERNED_FEATURES)
	set_bit((unsigned int)kvm_governed_feature_index(X86_FEATURE_GBPAGES),
		vcpu->arch.governed_features.enabled);
#endif
}

static void pyfuzz_vcpu_init(unsigned int vm, unsigned int i)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->kvm = &pyfuzz_kvms[vm];
	vcpu->vcpu_id = (int)i;
	memset(&vcpu->arch.regs_avail, 0xff, sizeof(vcpu->arch.regs_avail));
	vcpu->arch.maxphyaddr = PYFUZZ_GUEST_BITS;
#ifdef PYFUZZ_HAVE_RESERVED_GPA_BITS
	vcpu->arch.reserved_gpa_bits = rsvd_bits(PYFUZZ_GUEST_BITS, 63);
#endif
	pyfuzz_allow_1g(vcpu);
	kvm_mmu_create(vcpu);
}

/* Up to 5.16 kvm_arch_init_vm() does this, later kvm_mmu_init_vm(). */
static void pyfuzz_lists_init(struct kvm *kvm)
{
#ifdef PYFUZZ_HAVE_ACTIVE_LIST
	INIT_LIST_HEAD(&kvm->arch.active_mmu_pages);
#endif
#ifdef PYFUZZ_HAVE_ZAPPED_LIST
	INIT_LIST_HEAD(&kvm->arch.zapped_obsolete_pages);
#endif
#ifdef PYFUZZ_HAVE_DISALLOWED_LIST
	INIT_LIST_HEAD(&kvm->arch.lpage_disallowed_mmu_pages);
#endif
#ifdef PYFUZZ_HAVE_POSSIBLE_LIST
	INIT_LIST_HEAD(&kvm->arch.possible_nx_huge_pages);
#endif
}

static void pyfuzz_vm_init(unsigned int vm)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];

	pyfuzz_vm_made = (int)vm;
	memset(kvm, 0, sizeof(*kvm));
	memset(pyfuzz_slot_there[vm], 0, sizeof(pyfuzz_slot_there[vm]));
#ifndef PYFUZZ_HAVE_SLOT_TREES
	memset(pyfuzz_slot_sets[vm], 0, sizeof(pyfuzz_slot_sets[vm]));
#endif
	kvm->mm = (struct mm_struct *)pyfuzz_mm;
	for (unsigned int as = 0; as < PAGES_SPACES; as++)
		pyfuzz_slots_rebuild(vm, as);
#ifdef PYFUZZ_HAVE_TRACK_INIT
	kvm_page_track_init(kvm);
#endif
	pyfuzz_lists_init(kvm);
	kvm_mmu_init_vm(kvm);
#ifdef PYFUZZ_HAVE_MAX_PAGES
	kvm->arch.n_max_mmu_pages = PYFUZZ_MAX_TABLES;
#endif
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		pyfuzz_vcpu_init(vm, i);
	atomic_set(&kvm->online_vcpus, PAGES_VCPUS);
	pyfuzz_vm_made = -1;
}

/* In the order of kvm_destroy_vm(): user space's memory goes first. */
static void pyfuzz_vm_destroy(unsigned int vm)
{
	struct kvm *kvm = &pyfuzz_kvms[vm];

	kvm_mmu_zap_all(kvm);
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		kvm_mmu_unload(&pyfuzz_vcpus[vm][i]);
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		kvm_mmu_destroy(&pyfuzz_vcpus[vm][i]);
	kvm_mmu_uninit_vm(kvm);
#ifdef PYFUZZ_HAVE_TRACK_CLEANUP
	kvm_page_track_cleanup(kvm);
#endif
	for (unsigned int as = 0; as < PAGES_SPACES; as++)
		for (unsigned int i = 0; i < PAGES_SLOTS; i++)
			if (pyfuzz_slot_there[vm][as][i]) {
				pyfuzz_slot_free(&pyfuzz_slots[vm][as][i]);
				pyfuzz_log_free(&pyfuzz_slots[vm][as][i]);
			}
}

/* The caches are topped up by the code under test. */
static void pyfuzz_topup(unsigned int vm, unsigned int vcpu)
{
}

static void pyfuzz_drain(unsigned int vm)
{
}

/*
 * A fault tops up the caches before it uses them.  Done at once, what is in them is
 * the same in every state.  A vCPU that never had a fault has none.
 */
static void pyfuzz_settle(unsigned int vm)
{
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		if (pyfuzz_vcpus[vm][i].arch.mmu_shadow_page_cache.nobjs)
			mmu_topup_memory_caches(&pyfuzz_vcpus[vm][i], true);
	memset(&pyfuzz_asked, 0, sizeof(pyfuzz_asked));
}

/*
 * PAE: loading CR3 loads four entries into registers.  A CPU rejects entries with
 * reserved bits; here the bits are dropped, since the guest's tables look the
 * same on every level.
 */
static void pyfuzz_load_pdptrs(struct kvm_vcpu *vcpu, uint64_t root)
{
#ifdef PYFUZZ_HAVE_VCPU_PDPTRS
	u64 *pdptrs = vcpu->arch.pdptrs;
#else
	u64 *pdptrs = vcpu->arch.walk_mmu->pdptrs;
#endif

	if (pyfuzz_standin_kvm_vcpu_read_guest_atomic(vcpu, root & ~31ULL,
						      pdptrs, 4 * sizeof(u64)))
		memset(pdptrs, 0, 4 * sizeof(u64));
	for (unsigned int i = 0; i < 4; i++)
		pdptrs[i] &= ~(rsvd_bits(PYFUZZ_GUEST_BITS, 63) |
			       rsvd_bits(5, 8) | rsvd_bits(1, 2));
}

static bool pyfuzz_has_pdptrs(const struct kvm_vcpu *vcpu)
{
	return (vcpu->arch.cr0 & X86_CR0_PG) &&
	       (vcpu->arch.cr4 & X86_CR4_PAE) && !(vcpu->arch.efer & EFER_LMA);
}

/*
 * Shadowing of nested page tables, which have five levels on some hosts (AMD's),
 * whatever L1 has.  Only kernels in which the vendor can demand that.
 */
#if defined(PYFUZZ_HAVE_SHADOW_NPT) && defined(PYFUZZ_HAVE_CONFIGURE_4)
#define PYFUZZ_NESTED_MODES (1U << PAGES_NESTED | 1U << PAGES_NESTED5)
#define PYFUZZ_NPT_LEVELS PT64_ROOT_5LEVEL
#else
#define PYFUZZ_NESTED_MODES 0
#define PYFUZZ_NPT_LEVELS 0
#endif

static bool pyfuzz_nests(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.mmu == &vcpu->arch.guest_mmu;
}

static unsigned long __maybe_unused pyfuzz_nested_pgd(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.cr3;
}

/* As on VMRUN: L2 runs, and faults on its physical addresses come here. */
static void pyfuzz_enter_l2(struct kvm_vcpu *vcpu, unsigned long cr4, u64 efer,
			    uint64_t root)
{
#if PYFUZZ_NESTED_MODES
	vcpu->arch.hflags |= HF_GUEST_MASK;
	vcpu->arch.mmu = &vcpu->arch.guest_mmu;
#ifdef PYFUZZ_HAVE_SHADOW_NPT_BY_CR4
	kvm_init_shadow_npt_mmu(vcpu, cr4, efer, root, 0);
#else
	kvm_init_shadow_npt_mmu(vcpu, X86_CR0_PG, cr4, efer, root);
#endif
#ifdef PYFUZZ_HAVE_NESTED_WALK
	vcpu->arch.ngpa_walk.get_guest_pgd = pyfuzz_nested_pgd;
#else
	vcpu->arch.mmu->get_guest_pgd = pyfuzz_nested_pgd;
#endif
#ifdef PYFUZZ_HAVE_WALK_MMU
	vcpu->arch.walk_mmu = &vcpu->arch.nested_mmu;
#endif
#endif
}

static void pyfuzz_leave_l2(struct kvm_vcpu *vcpu)
{
	vcpu->arch.hflags &= ~HF_GUEST_MASK;
	vcpu->arch.mmu = &vcpu->arch.root_mmu;
#ifdef PYFUZZ_HAVE_WALK_MMU
	vcpu->arch.walk_mmu = &vcpu->arch.root_mmu;
#endif
}

static void pyfuzz_set_mode(unsigned int vm, unsigned int i,
			    enum pages_mode mode, bool smm, uint64_t root)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];
	unsigned long cr0 = X86_CR0_PE | X86_CR0_ET | X86_CR0_WP, cr4 = 0;
	u64 efer = 0;

	if (mode != PAGES_NONPAGING)
		cr0 |= X86_CR0_PG;
	if (mode == PAGES_32BIT)
		cr4 = X86_CR4_PSE;
	if (mode >= PAGES_PAE) {
		cr4 = X86_CR4_PSE | X86_CR4_PAE;
		efer = EFER_NX;
	}
	if (mode >= PAGES_4LEVEL)
		efer |= EFER_LME | EFER_LMA;
	if (mode == PAGES_5LEVEL || mode == PAGES_NESTED5)
		cr4 |= X86_CR4_LA57;
	vcpu->arch.cr0 = cr0;
	vcpu->arch.cr3 = root;
	vcpu->arch.cr4 = cr4;
	vcpu->arch.efer = efer;
	if (smm)
		vcpu->arch.hflags |= HF_SMM_MASK;
	else
		vcpu->arch.hflags &= ~HF_SMM_MASK;
	pyfuzz_leave_l2(vcpu);
	if (mode == PAGES_NESTED || mode == PAGES_NESTED5) {
		pyfuzz_enter_l2(vcpu, cr4, efer, root);
		return;
	}
	if (pyfuzz_has_pdptrs(vcpu))
		pyfuzz_load_pdptrs(vcpu, root);
#ifdef PYFUZZ_HAVE_INIT_MMU_2
	kvm_init_mmu(vcpu, true);
#else
	kvm_init_mmu(vcpu);
#endif
}

/* Before a vCPU enters the guest: handle the MMU's requests, then load roots. */
static int pyfuzz_load(unsigned int vm, unsigned int i)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];
	int r;

#ifdef KVM_REQ_MMU_RELOAD
	if (kvm_check_request(KVM_REQ_MMU_RELOAD, vcpu))
		kvm_mmu_unload(vcpu);
#endif
#ifdef KVM_REQ_MMU_FREE_OBSOLETE_ROOTS
	if (kvm_check_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu))
		kvm_mmu_free_obsolete_roots(vcpu);
#endif
	r = kvm_mmu_reload(vcpu);
	if (r)
		return r;
	if (kvm_check_request(KVM_REQ_MMU_SYNC, vcpu))
		kvm_mmu_sync_roots(vcpu);
	/* There is no TLB. */
	vcpu->requests &= ~pyfuzz_flush_requests();
	return 0;
}

static void pyfuzz_unload(unsigned int vm, unsigned int i)
{
	kvm_mmu_unload(&pyfuzz_vcpus[vm][i]);
}

static void pyfuzz_new_root(unsigned int vm, unsigned int i, uint64_t root)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

	if (pyfuzz_has_pdptrs(vcpu))
		pyfuzz_load_pdptrs(vcpu, root);
#if defined(PYFUZZ_HAVE_NEW_PGD_2)
	kvm_mmu_new_pgd(vcpu, root);
#elif defined(PYFUZZ_HAVE_NEW_PGD_4)
	kvm_mmu_new_pgd(vcpu, root, false, false);
#endif
	vcpu->arch.cr3 = root;
}

static void pyfuzz_sync_roots(unsigned int vm, unsigned int i)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

	kvm_mmu_sync_roots(vcpu);
#ifdef PYFUZZ_HAVE_SYNC_PREV_ROOTS
	kvm_mmu_sync_prev_roots(vcpu);
#endif
}

static void pyfuzz_free_obsolete(unsigned int vm, unsigned int i)
{
	struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

#ifdef KVM_REQ_MMU_FREE_OBSOLETE_ROOTS
	if (kvm_check_request(KVM_REQ_MMU_FREE_OBSOLETE_ROOTS, vcpu))
		kvm_mmu_free_obsolete_roots(vcpu);
#endif
#ifdef KVM_REQ_MMU_RELOAD
	if (kvm_check_request(KVM_REQ_MMU_RELOAD, vcpu))
		kvm_mmu_unload(vcpu);
#endif
}

/* --- once, when the module is loaded --- */

struct task_struct *pyfuzz_current;

static void pyfuzz_kernel_init(void)
{
	static struct task_struct task;

	pyfuzz_current = &task;
	/* Physical addresses are the process's; there are no struct pages. */
	page_offset_base = 0;
	phys_base = 0;
	mem_map = (struct page *)(1UL << 46);
	boot_cpu_data.x86_phys_bits = PYFUZZ_HOST_BITS;
	boot_cpu_data.x86_virt_bits = 48;
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_NX);
	set_cpu_cap(&boot_cpu_data, X86_FEATURE_GBPAGES);
	pgdir_shift = 39;
	ptrs_per_p4d = 1;
#ifdef PYFUZZ_HAVE_KVM_HOST
	kvm_host.maxphyaddr = PYFUZZ_HOST_BITS;
#endif
#ifdef PYFUZZ_HAVE_OPS_POINTERS
	kvm_x86_ops.tlb_flush_current =
		(void *)pyfuzz_standin_pyfuzz_kernel_vendor;
	kvm_x86_ops.tlb_flush_gva = (void *)pyfuzz_standin_pyfuzz_kernel_vendor;
	kvm_x86_ops.load_mmu_pgd = (void *)pyfuzz_standin_pyfuzz_kernel_vendor;
	kvm_x86_ops.get_cpl = (void *)pyfuzz_standin_pyfuzz_kernel_vendor;
	kvm_x86_ops.get_rflags = (void *)pyfuzz_standin_pyfuzz_kernel_vendor;
#endif
#ifdef PYFUZZ_HAVE_X86_INIT
	kvm_mmu_x86_module_init();
#endif
#ifdef PYFUZZ_HAVE_MODULE_INIT
	kvm_mmu_module_init();
#endif
#ifdef PYFUZZ_HAVE_VENDOR_INIT
	kvm_mmu_vendor_module_init();
#endif
#if defined(PYFUZZ_HAVE_CONFIGURE_4)
	kvm_configure_mmu(false, PYFUZZ_NPT_LEVELS, PYFUZZ_NPT_LEVELS,
			  PG_LEVEL_1G);
#elif defined(PYFUZZ_HAVE_CONFIGURE_3)
	kvm_configure_mmu(false, 0, PG_LEVEL_1G);
#endif
#ifdef PYFUZZ_HAVE_SET_MASK_PTES
	/* Up to 5.10 kvm_arch_init() says what the bits of an SPTE mean. */
	kvm_mmu_set_mask_ptes(PT_USER_MASK, PT_ACCESSED_MASK, PT_DIRTY_MASK,
			      PT64_NX_MASK, 0, PT_PRESENT_MASK, 0, 0);
#endif
	/* As on CPUs that need it: huge pages are not executable. */
	nx_huge_pages = 1;
}

#endif
