/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PYFUZZ_LISTS_QUERIES_H
#define PYFUZZ_LISTS_QUERIES_H

void run_count(unsigned int vm, unsigned int head);
void run_iterate(unsigned int vm, unsigned int head);

#endif
