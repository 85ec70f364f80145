/* SPDX-License-Identifier: GPL-2.0-only */
/* The states that are still to be expanded, as bytes, first in first out. */
#ifndef PYFUZZ_QUEUE_H
#define PYFUZZ_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

void queue_begin(void);
/* A state, by its number; false: no memory. */
bool queue_put(uint32_t number, const uint8_t *data, uint32_t size);
/* The oldest, good until the next queue_put() or queue_take(); NULL: empty. */
const uint8_t *queue_take(uint32_t *number, uint32_t *size);
uint64_t queue_bytes(void);

#endif
