/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoding operations: docs/sequences.md. */
#include "decode.h"
#include "operations.h"

enum heads { HEADS_NONE, HEADS_ANY, HEADS_FRAME, HEADS_PARENT };
enum operand {
	OPERAND_NONE,
	OPERAND_SPTE,
	OPERAND_MEMBER,
	OPERAND_VCPU,
	OPERAND_CONTEXT,
	OPERAND_FAULT,
};

static const struct form {
	uint8_t heads, operand, repeats, share;
} forms[] = {
#define OP(name, word, heads, operand, repeats, share, call) \
	{ HEADS_##heads, OPERAND_##operand, repeats, share },
#include "operations.def"
#undef OP
};

static uint8_t opcodes[32]; /* by code */
static bool faults_on;

static void __attribute__((constructor)) opcodes_fill(void)
{
	unsigned int code = 0;

	for (unsigned int opcode = 0; opcode < PYFUZZ_OPCODES; opcode++)
		for (unsigned int i = 0; i < forms[opcode].share; i++)
			opcodes[code++] = (uint8_t)opcode;
}

void pyfuzz_set_faults(uint32_t on)
{
	faults_on = on;
}

static uint8_t decode_head(unsigned int heads, unsigned int head)
{
	switch (heads) {
	case HEADS_ANY:
		return (uint8_t)(head < PYFUZZ_HEADS ? head : head & 15);
	case HEADS_FRAME:
		return (uint8_t)(head & 15);
	case HEADS_PARENT:
		return (uint8_t)(PYFUZZ_FRAME_HEADS + (head & 3));
	default:
		return 0;
	}
}

uint32_t decode(const uint8_t *data, struct pyfuzz_op *op)
{
	unsigned int head = data[1] & 31;
	const struct form *form;

	op->fault = op->reserved = 0;
	op->opcode = opcodes[data[0] & 31];
	op->vm = (data[0] >> 5) & 3;
	op->operand = (uint16_t)((data[1] >> 5) << 8 | data[2]);
	if (faults_on && (data[0] & 0x80)) {
		op->opcode = PYFUZZ_OP_FAULT;
		op->fault = (uint8_t)((data[0] & 31) | (data[3] & 1) << 5) %
			    PYFUZZ_FAULTS;
	}
	form = &forms[op->opcode];
	op->head = decode_head(form->heads, head);
	op->repeat = form->repeats ? (uint16_t)repeats_of(data[3]) : 1;
	if (form->operand == OPERAND_NONE)
		op->operand = 0;
	else if (form->operand == OPERAND_VCPU)
		op->operand &= 1;
	else if (form->operand == OPERAND_CONTEXT)
		op->operand &= 3;
	if (form->operand == OPERAND_CONTEXT && op->operand < 2)
		op->vm = 0;
	op->head_vm = op->vm;
	if (op->opcode == PYFUZZ_OP_REMOVE_STRAY && head >= PYFUZZ_HEADS) {
		unsigned int k = head - PYFUZZ_HEADS;

		op->head_vm = (op->vm + 1 + k / 4) % PYFUZZ_VMS;
		op->head = k % 4;
	}
	return op->repeat;
}
