/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations by who does them; each returns its result, or why it did nothing. */
#ifndef PYFUZZ_PAGES_RUN_H
#define PYFUZZ_PAGES_RUN_H

#include "world.h"

static inline unsigned int skip(enum pyfuzz_skip why)
{
	world.report->skip = (uint8_t)why;
	return why;
}

/* run_guest.c */
unsigned int run_access(const struct pyfuzz_op *op);
/* told: KVM is. */
unsigned int run_write(const struct pyfuzz_op *op, bool told);
unsigned int run_mode(const struct pyfuzz_op *op);
unsigned int run_vcpu(const struct pyfuzz_op *op);

/* run_host.c */
unsigned int run_slot(const struct pyfuzz_op *op);
unsigned int run_range(const struct pyfuzz_op *op);
unsigned int run_frame(const struct pyfuzz_op *op);
unsigned int run_vm(const struct pyfuzz_op *op);

#endif
