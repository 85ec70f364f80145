/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_TEARDOWN_H
#define PYFUZZ_LISTS_TEARDOWN_H

/* The end of every sequence: check all, destroy all, account for all. */
void teardown(void);

#endif
