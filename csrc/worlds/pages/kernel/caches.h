/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory: the kernel's allocators, implemented by the harness's allocator. */
#ifndef PYFUZZ_KERNEL_CACHES_H
#define PYFUZZ_KERNEL_CACHES_H

#include "names.h"
#include "state.h"

/* The value of kmem_cache_create() is only ever passed back. */
struct pyfuzz_cache {
	enum pages_kind kind;
	unsigned int size;
};

static struct pyfuzz_cache pyfuzz_caches[8];
static unsigned int pyfuzz_caches_used;

static void *pyfuzz_cache_create(unsigned int size)
{
	struct pyfuzz_cache *cache = &pyfuzz_caches[pyfuzz_caches_used++ % 8];

	cache->size = size;
	cache->kind = size == sizeof(struct pte_list_desc) ? PAGES_DESCRIPTOR :
		      size == sizeof(struct kvm_mmu_page)  ? PAGES_HEADER :
							     PAGES_ARRAY;
	return cache;
}

STANDIN(void *, kmem_cache_create, (const char *name, unsigned int size))
{
	return pyfuzz_cache_create(size);
}

STANDIN(void *, __kmem_cache_create_args, (const char *name, unsigned int size))
{
	return pyfuzz_cache_create(size);
}

STANDIN_NOTHING(kmem_cache_destroy)

STANDIN(void, kmem_cache_free, (struct pyfuzz_cache * cache, void *object))
{
	pages_free(cache->kind, object);
}

STANDIN(void *, __kvmalloc_node_noprof, (size_t size))
{
	return pages_alloc(PAGES_ARRAY, pyfuzz_vm_now(), size);
}

STANDIN(void *, kvmalloc_node, (size_t size))
{
	return pages_alloc(PAGES_ARRAY, pyfuzz_vm_now(), size);
}

STANDIN(void *, __vcalloc, (size_t n, size_t size))
{
	return pages_alloc(PAGES_ARRAY, pyfuzz_vm_now(), n * size);
}

STANDIN(void *, __vcalloc_noprof, (size_t n, size_t size))
{
	return pages_alloc(PAGES_ARRAY, pyfuzz_vm_now(), n * size);
}

static void pyfuzz_free_array(void *object)
{
	if (object)
		pages_free(PAGES_ARRAY, object);
}

STANDIN(void, kvfree, (void *object))
{
	pyfuzz_free_array(object);
}
STANDIN(void, vfree, (void *object))
{
	pyfuzz_free_array(object);
}
STANDIN(void, kfree, (void *object))
{
	pyfuzz_free_array(object);
}

/* A page of roots, which is no shadow page: PAE's, and those above a shadow root. */
static void *pyfuzz_root_page(void)
{
	return pages_alloc(PAGES_ARRAY, pyfuzz_vm_now(), PAGE_SIZE);
}

/* From a table to its shadow page; a page of roots has none. */
void *pyfuzz_kernel_private(const void *table)
{
	return pages_private(table);
}

void pyfuzz_kernel_set_private(const void *table, void *value)
{
	pages_set_private(table, value);
}

STANDIN(void *, get_zeroed_page, (gfp_t gfp))
{
	return pyfuzz_root_page();
}
STANDIN(void *, get_zeroed_page_noprof, (gfp_t gfp))
{
	return pyfuzz_root_page();
}
STANDIN(struct page *, __alloc_pages, (gfp_t gfp))
{
	return virt_to_page(pyfuzz_root_page());
}
STANDIN(struct page *, __alloc_pages_noprof, (gfp_t gfp))
{
	return virt_to_page(pyfuzz_root_page());
}
STANDIN(struct page *, alloc_pages_noprof, (gfp_t gfp))
{
	return virt_to_page(pyfuzz_root_page());
}
STANDIN(struct page *, alloc_pages_node_noprof, (int node))
{
	return virt_to_page(pyfuzz_root_page());
}
STANDIN(struct page *, __alloc_pages_nodemask, (gfp_t gfp))
{
	return virt_to_page(pyfuzz_root_page());
}

STANDIN(void, free_pages, (unsigned long address, unsigned int order))
{
	void *page = (void *)address;

	if (page)
		pages_free(pages_kind_of(page) == PAGES_ARRAY ? PAGES_ARRAY :
								PAGES_SPT,
			   page);
}

/* --- kvm_mmu_memory_cache: virt/kvm/kvm_main.c's part --- */

static unsigned int pyfuzz_cache_vm(const struct kvm_mmu_memory_cache *mc)
{
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
		if ((void *)mc >= (void *)&pyfuzz_kvms[vm] &&
		    (void *)mc < (void *)&pyfuzz_kvms[vm + 1])
			return vm;
		if ((void *)mc >= (void *)(pyfuzz_vcpus + vm) &&
		    (void *)mc < (void *)(pyfuzz_vcpus + vm + 1))
			return vm;
	}
	return pyfuzz_vm_now();
}

static bool pyfuzz_gives_tables(const struct kvm_mmu_memory_cache *mc)
{
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
#ifdef PYFUZZ_HAVE_SPLIT_CACHES
		if (mc == &pyfuzz_kvms[vm].arch.split_shadow_page_cache)
			return true;
#endif
		for (unsigned int i = 0; i < PAGES_VCPUS; i++)
			if (mc == &pyfuzz_vcpus[vm][i].arch.mmu_shadow_page_cache)
				return true;
	}
	return false;
}

/*
 * The kernel fills the cache for splitting with hundreds of descriptors.  Here it
 * stays empty and is filled one by one.
 */
static bool pyfuzz_fills_late(const struct kvm_mmu_memory_cache *mc)
{
#ifdef PYFUZZ_HAVE_SPLIT_CACHES
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		if (mc == &pyfuzz_kvms[vm].arch.split_desc_cache)
			return true;
#endif
	return false;
}

static enum pages_kind pyfuzz_cache_kind(const struct kvm_mmu_memory_cache *mc)
{
	if (mc->kmem_cache)
		return ((struct pyfuzz_cache *)mc->kmem_cache)->kind;
	return pyfuzz_gives_tables(mc) ? PAGES_SPT : PAGES_ARRAY;
}

static void *pyfuzz_cache_object(const struct kvm_mmu_memory_cache *mc)
{
	enum pages_kind kind = pyfuzz_cache_kind(mc);
	void *object =
		pages_alloc(kind, pyfuzz_cache_vm(mc),
			    mc->kmem_cache ?
				    ((struct pyfuzz_cache *)mc->kmem_cache)->size :
				    PAGE_SIZE);

#ifdef PYFUZZ_HAVE_CACHE_INIT_VALUE
	if (kind == PAGES_SPT && mc->init_value)
		memset64(object, mc->init_value, PAGE_SIZE / sizeof(u64));
#endif
	return object;
}

/* Filled only as far as requested, since each object costs time. */
static int pyfuzz_cache_topup(struct kvm_mmu_memory_cache *mc, int min)
{
	if (pyfuzz_fills_late(mc))
		return 0;
#ifdef PYFUZZ_HAVE_CACHE_CAPACITY
	if (!mc->objects) {
		mc->capacity = KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE;
		mc->objects = pages_alloc(PAGES_ARRAY, pyfuzz_cache_vm(mc),
					  sizeof(void *) * mc->capacity);
	}
#endif
	if (min > KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE)
		min = KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE;
	while (mc->nobjs < min)
		mc->objects[mc->nobjs++] = pyfuzz_cache_object(mc);
	return 0;
}

STANDIN(int, kvm_mmu_topup_memory_cache,
	(struct kvm_mmu_memory_cache * mc, int min))
{
	return pyfuzz_cache_topup(mc, min);
}

STANDIN(int, __kvm_mmu_topup_memory_cache,
	(struct kvm_mmu_memory_cache * mc, int capacity, int min))
{
	return pyfuzz_cache_topup(mc, min);
}

STANDIN(int, kvm_mmu_memory_cache_nr_free_objects,
	(struct kvm_mmu_memory_cache * mc))
{
	return pyfuzz_fills_late(mc) ? 1 << 16 : mc->nobjs;
}

STANDIN(void, kvm_mmu_free_memory_cache, (struct kvm_mmu_memory_cache * mc))
{
	while (mc->nobjs) {
		pages_free(pyfuzz_cache_kind(mc), mc->objects[--mc->nobjs]);
		mc->objects[mc->nobjs] = NULL;
	}
#ifdef PYFUZZ_HAVE_CACHE_CAPACITY
	pyfuzz_free_array(mc->objects);
	mc->objects = NULL;
	mc->capacity = 0;
#endif
}

/* Nothing reads a place behind the last object, so none is left there. */
STANDIN(void *, kvm_mmu_memory_cache_alloc, (struct kvm_mmu_memory_cache * mc))
{
	void *object;

	if (pyfuzz_fills_late(mc))
		return pyfuzz_cache_object(mc);
	/* As in the kernel: a missing top-up gives a warning, and the object. */
	if (WARN_ON(!mc->nobjs))
		return pyfuzz_cache_object(mc);
	object = mc->objects[--mc->nobjs];
	mc->objects[mc->nobjs] = NULL;
	return object;
}

#endif
