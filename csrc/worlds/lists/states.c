/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of this world that the feedback distinguishes:
 *
 * OPERATION: operation x length of the list x (error, VM bugged before)
 * SHAPE: descriptors x entries in the first one
 * TAIL: entries in the last one x descriptors with a hole
 * FOUND: place of a removed entry: descriptor x slot
 * OUTCOME: first fault of a sequence x its outcome
 */
#include "harness/feedback.h"
#include "model.h"
#include "states.h"

#define LENGTHS 16
#define OPERATION 0
#define SHAPE (OPERATION + PYFUZZ_OPCODES * LENGTHS * 4)
#define TAIL (SHAPE + 8 * 16)
#define FOUND (TAIL + 16 * 4)
#define OUTCOME (FOUND + 8 * 16)
#define STATES (OUTCOME + PYFUZZ_FAULTS * PYFUZZ_OUTCOMES)
_Static_assert(STATES <= FEEDBACK_STATES, "the harness has room for them");

static void __attribute__((constructor)) states_register(void)
{
	feedback_register(STATES);
}

/* Classes of lengths that the code treats differently; cap: entries per descriptor. */
static unsigned int length_class(unsigned int n)
{
	unsigned int cap = pyfuzz_target_traits.capacity;

	if (n <= 2)
		return n;
	if (n <= cap + 1)
		return n < cap ? 3 : n == cap ? 4 : 5;
	if (n <= 2 * cap + 1)
		return n < 2 * cap ? 6 : n == 2 * cap ? 7 : 8;
	if (n <= 4 * cap)
		return 9;
	if (n <= 8 * cap)
		return 10;
	if (n <= 16 * cap)
		return 11;
	if (n <= 300)
		return 12;
	return n <= PYFUZZ_RECYCLE_THRESHOLD	 ? 13 :
	       n == PYFUZZ_RECYCLE_THRESHOLD + 1 ? 14 :
						   15;
}

static unsigned int descriptor_class(unsigned int n)
{
	return n <= 4 ? n : n <= 8 ? 5 : n <= 32 ? 6 : 7;
}

/* Look for an entry in the first descriptors only: more would cost too much. */
static void found(unsigned int vm, unsigned int head, unsigned int spte)
{
	unsigned int capacity = pyfuzz_target_traits.capacity;
	unsigned long val = *pyfuzz_target.heads[vm][head];
	const uint8_t *desc = (const uint8_t *)(val & ~3UL);
	const uint64_t *sptep = &pyfuzz_target.sptes[vm][spte];

	if (!(val & 1))
		return;
	/* Looked up first: the list may be broken and not checked yet. */
	for (unsigned int d = 0; d < 8 && descriptor_is_live(desc); d++) {
		uint64_t *const *slots = list_slots(desc);

		for (unsigned int i = 0; i < capacity; i++) {
			if (slots[i] == sptep) {
				feedback_hit(FOUND + d * 16 + i);
				return;
			}
		}
		desc = list_more(desc);
	}
}

/* Before the step: the operation, and the state of its list. */
void states_step(const struct pyfuzz_op *op, unsigned int spte, bool error)
{
	const struct vm *m = &world.vms[op->head_vm];
	unsigned int class = length_class(m->count[op->head]);

	feedback_hit(OPERATION + (op->opcode * LENGTHS + class) * 4 +
		     (world.vms[op->vm].expect_bugged ? 2 : 0) + error);
	if (!error && spte != PYFUZZ_NONE && m->owner[spte] == op->head &&
	    m->count[op->head] > 1)
		found(op->head_vm, op->head, spte);
}

/* After the step: the new shape of the list. */
void states_walk(const struct walk *walk)
{
	unsigned int fill = walk->tail_fill < 16 ? walk->tail_fill : 15;

	if (!walk->descriptors)
		return;
	feedback_hit(SHAPE + descriptor_class(walk->descriptors) * 16 +
		     (walk->head_fill < 16 ? walk->head_fill : 15));
	feedback_hit(TAIL + fill * 4 + (walk->holes < 4 ? walk->holes : 3));
}

void states_outcome(unsigned int fault, unsigned int outcome)
{
	feedback_hit(OUTCOME + fault * PYFUZZ_OUTCOMES + outcome);
}
