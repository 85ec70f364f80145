/* SPDX-License-Identifier: GPL-2.0-only */
/* Count and iterate where the sequence has no query; see harness/world.h. */
#ifndef PYFUZZ_LISTS_PROBE_H
#define PYFUZZ_LISTS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void probe_begin(bool off);
void probe_list(unsigned int vm, unsigned int head);
unsigned int probe_showed(void);
void probe_strike(unsigned int opcode);
size_t probe_sequence(const uint8_t *data, const uint8_t **longer);

#endif
