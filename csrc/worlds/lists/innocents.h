/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_INNOCENTS_H
#define PYFUZZ_LISTS_INNOCENTS_H

/* Destroy tainted VMs, then run the others with every check. */
void let_innocents_work(void);

#endif
