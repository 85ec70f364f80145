/* SPDX-License-Identifier: GPL-2.0-only */
/* One sequence from a fresh world to its tear-down. */
#ifndef PYFUZZ_RUN_H
#define PYFUZZ_RUN_H

#include "sequence.h"

void run_sequence(const uint8_t *data, size_t size, bool precise);

#endif
