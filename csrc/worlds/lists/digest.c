/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash of the states of a sequence, to distinguish mutants from the correct code. */
#include <string.h>
#include "lists.h"
#include "mutants/digest.h"

static uint64_t hash = 0xcbf29ce484222325ULL;

static void mix(uint64_t word)
{
	hash = (hash ^ word) * 0x100000001b3ULL;
	hash ^= hash >> 29;
}

/* A list's contents without addresses. */
static void mix_list(uint32_t vm, uint32_t head)
{
	const struct pyfuzz_traits *t = pyfuzz_traits();
	uint64_t val = pyfuzz_head_value(vm, head), at = val & ~3ULL;
	uint64_t base = pyfuzz_spte_address(vm, 0), word;
	uint8_t descriptor[512];

	mix(val & 3);
	if (!(val & 1)) {
		mix(val ? (val - base) / 8 : PYFUZZ_NONE);
		return;
	}
	for (int limit = 0; limit < 256; limit++) {
		if (!pyfuzz_descriptor_read(at, descriptor, sizeof(descriptor)))
			break;
		for (uint32_t i = 0; i < t->capacity; i++) {
			memcpy(&word, descriptor + t->sptes_offset + 8 * i, 8);
			mix(word ? (word - base) / 8 : PYFUZZ_NONE);
		}
		word = 0;
		memcpy(&word, descriptor + t->spte_count_offset,
		       t->spte_count_size);
		mix(word);
		word = 0;
		memcpy(&word, descriptor + t->tail_count_offset,
		       t->tail_count_size);
		mix(word);
		memcpy(&at, descriptor + t->more_offset, 8);
	}
}

/* A hash of everything that a sequence did, step by step. */
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
		for (uint32_t i = 0; i < op.repeat; i++) {
			mix(pyfuzz_step(&op, number, i, &step));
			mix((uint64_t)step.returned);
			mix(step.bugged);
			mix(step.log_lines);
			mix(step.skip);
			mix(pyfuzz_descriptors_live());
			if (step.spte != PYFUZZ_NONE)
				mix(pyfuzz_spte_value(op.vm, step.spte));
			mix_list(op.head_vm, op.head);
			for (uint32_t cpu = 0; cpu < PYFUZZ_VCPUS; cpu++)
				mix(pyfuzz_requests(op.vm, cpu));
		}
	}
	mix(pyfuzz_end(number, &step));
	mix(pyfuzz_descriptors_live());
	return hash;
}
