/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_TEARDOWN_H
#define PYFUZZ_LISTS_TEARDOWN_H

/* The end of every sequence: check, destroy and account for everything. */
void teardown(void);

#endif
