/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_DECODE_H
#define PYFUZZ_LISTS_DECODE_H

#include <stdbool.h>
#include "lists.h"

/* Never fails; returns the operation's repeat count. */
uint32_t decode(const uint8_t *data, struct pyfuzz_op *op);

#endif
