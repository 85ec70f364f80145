/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash of the states of a sequence, to distinguish mutants from the correct code. */
#include "mutants/digest.h"
#include "pages.h"

#define MOST 1024

static uint64_t hash;

static void mix(uint64_t word)
{
	hash = (hash ^ word) * 0x100000001b3ULL;
	hash ^= hash >> 29;
}

/* A VM's memory without addresses: pages, SPTEs, lengths of lists. */
static void mix_vm(uint32_t vm)
{
	static struct pyfuzz_shadow shadows[MOST];
	static struct pyfuzz_spte sptes[MOST];
	static struct pyfuzz_rmap rmaps[MOST];
	uint32_t n = pyfuzz_shadows(vm, shadows, MOST);

	mix(n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t held = pyfuzz_sptes(vm, shadows[i].header, sptes, MOST);

		mix(shadows[i].gfn);
		mix(shadows[i].role);
		mix(shadows[i].unsync + 2U * shadows[i].root_count);
		for (uint32_t k = 0; k < held; k++) {
			mix(sptes[k].index);
			mix(sptes[k].leaf ? sptes[k].value : !!sptes[k].child);
		}
		mix((uint64_t)pyfuzz_list(pyfuzz_parents_value(vm,
							       shadows[i].header),
					  NULL, 0));
	}
	n = pyfuzz_rmaps(vm, rmaps, MOST);
	for (uint32_t i = 0; i < n; i++) {
		mix(rmaps[i].gfn + rmaps[i].level);
		mix((uint64_t)rmaps[i].entries);
	}
}

uint64_t pyfuzz_digest(const uint8_t *data, size_t size)
{
	struct pyfuzz_step step;
	uint32_t number = 0;

	hash = 0xcbf29ce484222325ULL;
	pyfuzz_begin();
	for (; size >= PYFUZZ_OP_BYTES;
	     data += PYFUZZ_OP_BYTES, size -= PYFUZZ_OP_BYTES, number++) {
		struct pyfuzz_op op;

		pyfuzz_decode(data, &op);
		mix(pyfuzz_step(&op, number, 0, &step));
		mix(step.skip + 256U * step.result);
		mix(step.bugged);
		mix(step.log_lines);
		mix_vm(op.vm);
	}
	mix(pyfuzz_end(number, &step));
	return hash;
}
