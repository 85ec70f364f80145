/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_INNOCENTS_H
#define PYFUZZ_LISTS_INNOCENTS_H

/* Destroy who is tainted, then let the others work, with every check. */
void let_innocents_work(void);

#endif
