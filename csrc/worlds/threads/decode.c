/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The binary form: four bytes are one line of the text.
 *
 *	byte 0	bits 0-2: 0 to 3 an operation, 4 or 5 a switch, 6 a delay, 7 the list;
 *		bits 3-4: the fiber
 *	byte 1	operation: what; list: entries; switch, delay: which access, low
 *	byte 2	operation: which entry; list: bit 0 no-ad, bit 1 reuse, bit 2 tso;
 *		switch, delay: which access, high
 *	byte 3	switch: bits 0-1 the next fiber; delay: by how many accesses
 *
 * Numbers that are too large are taken modulo their limit.
 */
#include "core.h"
#include "decode.h"

static bool takes_entry(uint8_t what)
{
	return what == PYFUZZ_T_ZAP_ONE || what == PYFUZZ_T_DROP ||
	       what == PYFUZZ_T_ACCESS || what == PYFUZZ_T_DIRTY;
}

uint32_t decode(const uint8_t *data, struct pyfuzz_op *op)
{
	unsigned int code = data[0] & 7;

	*op = (struct pyfuzz_op){ .ad = 1 };
	if (code == 7) {
		op->record = PYFUZZ_R_LIST;
		op->entries = data[1] % (PYFUZZ_MAX_ENTRIES + 1);
		op->ad = !(data[2] & 1);
		op->reuse = data[2] >> 1 & 1;
		op->tso = data[2] >> 2 & 1;
		return 1;
	}
	op->fiber = data[0] >> 3 & 3;
	if (code == 6) {
		op->record = PYFUZZ_R_DELAY;
		op->at = data[1] | (uint32_t)data[2] << 8;
		op->by = data[3];
		return 1;
	}
	if (code >= 4) {
		op->record = PYFUZZ_R_SWITCH;
		op->at = data[1] | (uint32_t)data[2] << 8;
		op->next = data[3] & 3;
		return 1;
	}
	op->record = PYFUZZ_R_FIBER;
	op->what = data[1] % PYFUZZ_T_WHATS;
	if (takes_entry(op->what))
		op->operand = data[2] % PYFUZZ_MAX_ENTRIES;
	return 1;
}
