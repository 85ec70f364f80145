/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM as far as reverse maps go: a struct kvm without vCPUs, one vCPU for its
 * memory cache, shadow pages whose SPTEs are put into lists, and heads.
 */
#define RMAP_TEST_VMS 4
#define RMAP_TEST_FRAMES 16
#define RMAP_TEST_HEADS 20
#define RMAP_TEST_SPTES 2048
#define RMAP_TEST_PER_PAGE 512
#define RMAP_TEST_PAGES (RMAP_TEST_SPTES / RMAP_TEST_PER_PAGE)
/* What the cache holds at least, before each add. */
#define RMAP_TEST_OBJECTS 4

static struct rmap_test_vm {
	struct kvm *kvm;
	struct kvm_vcpu *vcpu;
	u64 *sptes[RMAP_TEST_PAGES];
	struct kvm_mmu_page *pages; /* of the SPTEs; and those that have parents */
	struct kvm_rmap_head frames[RMAP_TEST_FRAMES];
	unsigned int entries[RMAP_TEST_HEADS];
	u8 in_list[RMAP_TEST_SPTES]; /* number of the head, plus 1 */
	bool was_bugged;
} *rmap_test_vms;
static bool rmap_test_own_cache;

static struct kvm *the_vm(unsigned int vm)
{
	return rmap_test_vms[vm].kvm;
}

static struct kvm_vcpu *__maybe_unused the_vcpu(unsigned int vm)
{
	return rmap_test_vms[vm].vcpu;
}

static struct kvm_mmu_memory_cache *the_cache(unsigned int vm)
{
	return &rmap_test_vms[vm].vcpu->arch.mmu_pte_list_desc_cache;
}

static u64 *the_spte(unsigned int vm, unsigned int s)
{
	return &rmap_test_vms[vm]
			.sptes[s / RMAP_TEST_PER_PAGE][s % RMAP_TEST_PER_PAGE];
}

/* The page whose parents a head holds: behind the pages of the SPTEs. */
static struct kvm_mmu_page *the_page(unsigned int vm, unsigned int head)
{
	return &rmap_test_vms[vm].pages[RMAP_TEST_PAGES + head - RMAP_TEST_FRAMES];
}

static struct kvm_rmap_head *the_head(unsigned int vm, unsigned int head)
{
	if (head < RMAP_TEST_FRAMES)
		return &rmap_test_vms[vm].frames[head];
	return &the_page(vm, head)->parent_ptes;
}

/* The SPTE is made present first: it maps the page that it is in itself. */
static void rmap_test_map(struct kunit *test, unsigned int vm, unsigned int s)
{
	u64 pfn = page_to_pfn(virt_to_page(the_spte(vm, s)));

	KUNIT_ASSERT_EQ(test, 0,
			kvm_mmu_topup_memory_cache(the_cache(vm),
						   RMAP_TEST_OBJECTS));
	*the_spte(vm, s) = SPTE_MMU_PRESENT_MASK | pfn << PAGE_SHIFT;
}

static void rmap_test_added(unsigned int vm, unsigned int head, unsigned int s)
{
	rmap_test_vms[vm].in_list[s] = head + 1;
	rmap_test_vms[vm].entries[head]++;
}

static void rmap_test_removed(unsigned int vm, unsigned int head, unsigned int s)
{
	rmap_test_vms[vm].in_list[s] = 0;
	rmap_test_vms[vm].entries[head]--;
	*the_spte(vm, s) = 0;
}

static void rmap_test_zapped(struct kunit *test, unsigned int vm,
			     unsigned int head)
{
	for (unsigned int s = 0; s < RMAP_TEST_SPTES; s++) {
		if (rmap_test_vms[vm].in_list[s] != head + 1)
			continue;
		KUNIT_EXPECT_FALSE_MSG(test,
				       is_shadow_present_pte(*the_spte(vm, s)),
				       "vm%u s%u is still present", vm, s);
		rmap_test_removed(vm, head, s);
	}
}

/* The list holds what was added and not removed, each once. */
static void rmap_test_list(struct kunit *test, unsigned int vm,
			   unsigned int head)
{
	unsigned int seen = 0, known = 0;
	struct rmap_iterator iter;
	u64 *sptep;

	for (sptep = rmap_test_first(vm, the_head(vm, head), &iter);
	     sptep && seen <= RMAP_TEST_SPTES;
	     sptep = rmap_test_next(vm, &iter), seen++)
		for (unsigned int s = 0; s < RMAP_TEST_SPTES; s++)
			known += sptep == the_spte(vm, s) &&
				 rmap_test_vms[vm].in_list[s] == head + 1;
	KUNIT_EXPECT_EQ_MSG(test, rmap_test_vms[vm].entries[head], seen,
			    "entries of vm%u, head %u", vm, head);
	KUNIT_EXPECT_EQ_MSG(test, seen, known, "known entries of vm%u, head %u",
			    vm, head);
}

/* After an operation of a VM on a list: of the lists, and who is bugged. */
static void rmap_test_end(struct kunit *test, unsigned int op_vm,
			  unsigned int vm, unsigned int head, bool error)
{
	rmap_test_list(test, vm, head);
	for (unsigned int i = 0; i < RMAP_TEST_VMS; i++) {
		bool bugged = the_vm(i)->vm_bugged;

		if (bugged && rmap_test_vms[i].was_bugged)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, error && i == op_vm, bugged,
				    "vm%u is bugged", i);
		rmap_test_vms[i].was_bugged = bugged;
	}
}

static void rmap_test_exit(struct kunit *test)
{
	for (unsigned int vm = 0; rmap_test_vms && vm < RMAP_TEST_VMS; vm++) {
		struct rmap_test_vm *one = &rmap_test_vms[vm];

		for (unsigned int head = 0; one->kvm && one->vcpu &&
					    one->pages && head < RMAP_TEST_HEADS;
		     head++)
			rmap_test_empty(test, vm, head);
		if (one->vcpu)
			kvm_mmu_free_memory_cache(the_cache(vm));
		for (unsigned int i = 0; i < RMAP_TEST_PAGES; i++) {
			if (!one->sptes[i])
				continue;
			set_page_private(virt_to_page(one->sptes[i]), 0);
			free_page((unsigned long)one->sptes[i]);
		}
		kvfree(one->pages);
		kvfree(one->vcpu);
		kvfree(one->kvm);
	}
	kvfree(rmap_test_vms);
	rmap_test_vms = NULL;
	if (rmap_test_own_cache) {
		kmem_cache_destroy(pte_list_desc_cache);
		pte_list_desc_cache = NULL;
	}
	rmap_test_own_cache = false;
}

static int rmap_test_init(struct kunit *test)
{
	/* There is none before the vendor's module is loaded. */
	if (!pte_list_desc_cache) {
		pte_list_desc_cache = KMEM_CACHE(pte_list_desc, SLAB_ACCOUNT);
		rmap_test_own_cache = pte_list_desc_cache;
	}
	rmap_test_vms =
		kvzalloc(RMAP_TEST_VMS * sizeof(*rmap_test_vms), GFP_KERNEL);
	if (!pte_list_desc_cache || !rmap_test_vms)
		return -ENOMEM;
	for (unsigned int vm = 0; vm < RMAP_TEST_VMS; vm++) {
		struct rmap_test_vm *one = &rmap_test_vms[vm];

		one->kvm = kvzalloc(sizeof(*one->kvm), GFP_KERNEL);
		one->vcpu = kvzalloc(sizeof(*one->vcpu), GFP_KERNEL);
		one->pages = kvzalloc((RMAP_TEST_PAGES + RMAP_TEST_HEADS -
				       RMAP_TEST_FRAMES) *
					      sizeof(*one->pages),
				      GFP_KERNEL);
		if (!one->kvm || !one->vcpu || !one->pages)
			return -ENOMEM;
		one->vcpu->kvm = one->kvm;
		the_cache(vm)->kmem_cache = pte_list_desc_cache;
		the_cache(vm)->gfp_zero = __GFP_ZERO;
		for (unsigned int i = 0; i < RMAP_TEST_PAGES; i++) {
			one->sptes[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
			if (!one->sptes[i])
				return -ENOMEM;
			one->pages[i].role.level = PG_LEVEL_4K;
			one->pages[i].role.direct = 1;
			one->pages[i].spt = one->sptes[i];
			set_page_private(virt_to_page(one->sptes[i]),
					 (unsigned long)&one->pages[i]);
		}
	}
	return 0;
}
