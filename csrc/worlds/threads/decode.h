/* SPDX-License-Identifier: GPL-2.0-only */
/* The binary form of a sequence. */
#ifndef PYFUZZ_THREADS_DECODE_H
#define PYFUZZ_THREADS_DECODE_H

#include "threads.h"

/* Never fails; a record is done once. */
uint32_t decode(const uint8_t *data, struct pyfuzz_op *op);

#endif
