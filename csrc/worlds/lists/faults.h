/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of faults; see faults.c. */
#ifndef PYFUZZ_LISTS_FAULTS_H
#define PYFUZZ_LISTS_FAULTS_H

#include "harness/guard.h"
#include "harness/list.h"
#include "containment.h"

/* An invalid (non-canonical) address, aligned like an SPTE's. */
#define WILD 0x6b6b6b6b6b6b6b68UL
#define DIRT 0xa5

/* Describe what was changed; evaluates to PYFUZZ_RAN. */
#define DID(...) (containment_did(__VA_ARGS__), PYFUZZ_RAN)

/* The place for a fault (fault_aim.c). */
const char *fault_list_text(unsigned int vm, unsigned int head);
const char *fault_here(const struct pyfuzz_op *op);
unsigned int fault_next_head(unsigned int head);
uint8_t *fault_more_of(const uint8_t *desc);
uint64_t **fault_slots_of(uint8_t *desc);
uint8_t *fault_first_desc(unsigned int vm, unsigned int head);
uint8_t *fault_chosen_desc(const struct pyfuzz_op *op, unsigned int *number);
unsigned int fault_slots_used(uint8_t *desc);
void fault_write_field(uint8_t *desc, uint32_t offset, uint32_t size,
		       uint64_t value);
uint8_t *fault_freed_desc(unsigned int vm);
unsigned int fault_other_vm(unsigned int vm);
uint8_t *fault_foreign_desc(unsigned int vm, unsigned int *other,
			    unsigned int *head);
uint64_t *fault_foreign_spte(unsigned int vm, unsigned int *other,
			     unsigned int *spte);
uint64_t *fault_chosen_member(const struct pyfuzz_op *op, unsigned int *spte);

/* Each returns PYFUZZ_RAN, or why there is nothing to change. */
#define FAULT(function, ...) \
	unsigned int fault_##function(const struct pyfuzz_op *op);
#include "faults.def"
#undef FAULT

unsigned int fault_apply(const struct pyfuzz_op *op);

#endif
