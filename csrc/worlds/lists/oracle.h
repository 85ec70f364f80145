/* SPDX-License-Identifier: GPL-2.0-only */
/* The properties that are checked after every step and at tear-down. */
#ifndef PYFUZZ_LISTS_ORACLE_H
#define PYFUZZ_LISTS_ORACLE_H

#include "model.h"

void check_flags(unsigned int vm, bool error);
void check_list(unsigned int vm, unsigned int head, unsigned int op_vm);
void check_precisely(unsigned int op_vm, unsigned int head_vm,
		     unsigned int head);
void check_everything(unsigned int op_vm);
void check_requests(void);
void check_returned(const char *function, int64_t returned, int64_t expected);
void check_added(unsigned int vm, unsigned int head, unsigned int spte,
		 int64_t returned, int64_t expected);
int64_t least_counted(int64_t counted);

/*
 * What a wrong number of entries is that of: a finding of its own for each.  If
 * every descriptor is full before an entry is added, kernels up to 5.9 count
 * only those before the last.
 */
enum count_variant {
	COUNT_TO_ROOM,
	COUNT_OTHER,
	COUNT_FORGETS_FULL,
};

void check_flush(unsigned int vm, unsigned int head, int64_t flush,
		 unsigned int entries);
void check_memory(void);
void check_caches(unsigned int op_vm);
void check_owners(void);

#endif
