/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_RUN_OPS_H
#define PYFUZZ_LISTS_RUN_OPS_H

#include "lists.h"

/* Repetition i of an operation, with the checks after it. */
void step_run(const struct pyfuzz_op *op, unsigned int i);

#endif
