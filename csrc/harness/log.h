/* SPDX-License-Identifier: GPL-2.0-only */
/* The target's log. */
#ifndef PYFUZZ_LOG_H
#define PYFUZZ_LOG_H

#include <stdint.h>

#define LOG_SITES 64

void log_begin(void);
/* Lines from each site in this world (up to 255); returns the number of sites. */
unsigned int log_lines(uint8_t *lines);
void log_set(const uint8_t *lines);
/* The same, for a state: at most so many lines of a site; both return the end. */
#define LOG_STATE (1 + LOG_SITES * 16)
uint8_t *log_encode(uint8_t *out, unsigned int most);
const uint8_t *log_decode(const uint8_t *in);
/* A finding for each site that printed more than once per bugged VM. */
void log_check(unsigned int bugged);

#endif
