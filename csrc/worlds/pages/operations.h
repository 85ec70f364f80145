/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of the pages world as an enumeration: PYFUZZ_OP_ACCESS and so on. */
#ifndef PYFUZZ_PAGES_OPERATIONS_H
#define PYFUZZ_PAGES_OPERATIONS_H

enum pyfuzz_opcode {
#define OP(name, word, operands, share, call) PYFUZZ_OP_##name,
#include "operations.def"
#undef OP
	PYFUZZ_OPCODES
};

#endif
