/* SPDX-License-Identifier: GPL-2.0-only */
/* The target's log. */
#ifndef PYFUZZ_LOG_H
#define PYFUZZ_LOG_H

#include <stdint.h>

#define LOG_SITES 64

void log_begin(void);
/* Lines of each place in this world, at most 255; returns the places there are. */
unsigned int log_lines(uint8_t *lines);
void log_set(const uint8_t *lines);
/* A finding for each place that spoke more often than once for each bugged VM. */
void log_check(unsigned int bugged);

#endif
