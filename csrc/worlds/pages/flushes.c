/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TLB flushes and the requests of one operation, for the trace and the
 * report.  They are recorded and not judged: no access uses a stale translation.
 */
#include "world.h"

#define FLUSHES 64

static struct pyfuzz_flush flushes[FLUSHES];
static uint32_t len; /* may be more than fit */
/* The vCPUs' requests before the operation, and those that it added. */
static uint32_t before[PAGES_VCPUS], added[PAGES_VCPUS];

static uint32_t requests_of(unsigned int vm, unsigned int vcpu)
{
	return pages_target.requests ? pages_target.requests(vm, vcpu) : 0;
}

void flushes_forget(void)
{
	len = 0;
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		added[i] = 0;
}

void flushes_begin(unsigned int vm)
{
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		before[i] = requests_of(vm, i);
}

void flushes_end(unsigned int vm)
{
	for (unsigned int i = 0; i < PAGES_VCPUS; i++)
		added[i] = requests_of(vm, i) & ~before[i];
}

static bool continues(const struct pyfuzz_flush *last, unsigned int vm,
		      uint64_t gfn, uint64_t pages)
{
	if (last->vm != vm || !last->pages != !pages)
		return false;
	return !pages || (last->gfn == gfn && last->pages == pages) ||
	       last->gfn + last->pages == gfn;
}

void pages_on_flush(unsigned int vm, uint64_t gfn, uint64_t pages)
{
	struct pyfuzz_flush *last = &flushes[len ? len - 1 : 0];

	if (len > FLUSHES) {
		len++;
		return;
	}
	if (len && continues(last, vm, gfn, pages)) {
		last->times++;
		if (last->gfn != gfn)
			last->pages += pages;
		return;
	}
	if (len < FLUSHES)
		flushes[len] = (struct pyfuzz_flush){ gfn, pages, 1, vm };
	len++;
}

uint32_t pyfuzz_flushes(struct pyfuzz_flush *out, uint32_t cap)
{
	for (uint32_t i = 0; i < cap && i < len && i < FLUSHES; i++)
		out[i] = flushes[i];
	return len;
}

uint32_t pyfuzz_requests(uint32_t vcpu)
{
	return vcpu < PAGES_VCPUS ? added[vcpu] : 0;
}

/*
 * Kernels up to 6.5 have these in mmu.c, where whether a flush of a range is one of
 * everything is up to the CPU.  There they are weak (kernel/libc.h) and these
 * come first; later kernels call the second one, of kvm_main.c.
 */
void kvm_flush_remote_tlbs_with_address(void *kvm, uint64_t gfn, uint64_t pages);
void kvm_flush_remote_tlbs_with_address(void *kvm, uint64_t gfn, uint64_t pages)
{
	(void)kvm;
	pages_on_flush((unsigned int)world.running_vm, gfn, pages);
}

void kvm_flush_remote_tlbs_range(void *kvm, uint64_t gfn, uint64_t pages);
void kvm_flush_remote_tlbs_range(void *kvm, uint64_t gfn, uint64_t pages)
{
	(void)kvm;
	pages_on_flush((unsigned int)world.running_vm, gfn, pages);
}
