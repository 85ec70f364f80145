/* SPDX-License-Identifier: GPL-2.0-only */
/* The outcome of a fault in one VM. */
#ifndef PYFUZZ_LISTS_CONTAINMENT_H
#define PYFUZZ_LISTS_CONTAINMENT_H

#include "model.h"

void containment_begin(void);
void containment_fault(unsigned int vm, unsigned int fault);
void containment_no_fault(void);
void containment_taint(unsigned int vm);
void containment_did(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void containment_step(const struct pyfuzz_op *op);
void containment_harmed(unsigned int vm);
void containment_wrong_vm(void);
void containment_zapped(unsigned int vm, unsigned int head);
void containment_destroyed(unsigned int vm);
void containment_innocents_worked(void);
void containment_end(void);

#endif
