/* SPDX-License-Identifier: GPL-2.0-only */
/* One sequence from a fresh world to its tear-down. */
#ifndef PYFUZZ_RUN_H
#define PYFUZZ_RUN_H

#include "sequence.h"

/* What runs sequences in its place, NULL: nothing does; csrc/compare. */
extern void (*run_instead)(const uint8_t *data, size_t size);

void run_sequence(const uint8_t *data, size_t size, bool precise);

#endif
