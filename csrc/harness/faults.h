/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of faults share; faults.c says what a fault is. */
#ifndef PYFUZZ_FAULTS_H
#define PYFUZZ_FAULTS_H

#include "world.h"

#define MANY 1UL
#define LOCKED 2UL
/* An address that no machine has (it is not canonical), aligned as an SPTE's. */
#define WILD 0x6b6b6b6b6b6b6b68UL
#define DIRT 0xa5

static const struct pyfuzz_target *const target = &pyfuzz_target;

/* Say what was changed; evaluates to PYFUZZ_RAN. */
#define DID(...) (containment_did(__VA_ARGS__), PYFUZZ_RAN)

/* What a fault is aimed at (fault_aim.c). */
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

/* Each returns PYFUZZ_RAN, or why there is nothing that it could change. */
unsigned int fault_add_twice(const struct pyfuzz_op *op);
unsigned int fault_add_to_two_heads(const struct pyfuzz_op *op);
unsigned int fault_add_to_other_vm(const struct pyfuzz_op *op);
unsigned int fault_head_zero(const struct pyfuzz_op *op);
unsigned int fault_head_tag(const struct pyfuzz_op *op);
unsigned int fault_head_locked(const struct pyfuzz_op *op);
unsigned int fault_head_other_spte(const struct pyfuzz_op *op);
unsigned int fault_head_freed(const struct pyfuzz_op *op);
unsigned int fault_head_other_vm(const struct pyfuzz_op *op);
unsigned int fault_slot_null(const struct pyfuzz_op *op);
unsigned int fault_slot_wild(const struct pyfuzz_op *op);
unsigned int fault_slot_other_spte(const struct pyfuzz_op *op);
unsigned int fault_slot_other_vm(const struct pyfuzz_op *op);
unsigned int fault_slot_twice(const struct pyfuzz_op *op);
unsigned int fault_count_zero(const struct pyfuzz_op *op);
unsigned int fault_count_less(const struct pyfuzz_op *op);
unsigned int fault_count_more(const struct pyfuzz_op *op);
unsigned int fault_count_over(const struct pyfuzz_op *op);
unsigned int fault_count_huge(const struct pyfuzz_op *op);
unsigned int fault_tail_wrong(const struct pyfuzz_op *op);
unsigned int fault_tail_limit(const struct pyfuzz_op *op);
unsigned int fault_more_null(const struct pyfuzz_op *op);
unsigned int fault_more_self(const struct pyfuzz_op *op);
unsigned int fault_more_freed(const struct pyfuzz_op *op);
unsigned int fault_more_other_list(const struct pyfuzz_op *op);
unsigned int fault_more_other_vm(const struct pyfuzz_op *op);
unsigned int fault_freed_linked(const struct pyfuzz_op *op);
unsigned int fault_reused_linked(const struct pyfuzz_op *op);
unsigned int fault_cache_empty(const struct pyfuzz_op *op);
unsigned int fault_alloc_fails(const struct pyfuzz_op *op);
unsigned int fault_cache_dirty(const struct pyfuzz_op *op);
unsigned int fault_spte_cleared(const struct pyfuzz_op *op);
unsigned int fault_wrong_gfn(const struct pyfuzz_op *op);
unsigned int fault_double_zap(const struct pyfuzz_op *op);
unsigned int fault_running_other(const struct pyfuzz_op *op);
unsigned int fault_running_none(const struct pyfuzz_op *op);

#endif
