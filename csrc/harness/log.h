/* SPDX-License-Identifier: GPL-2.0-only */
/* The target's log. */
#ifndef PYFUZZ_LOG_H
#define PYFUZZ_LOG_H

void log_begin(void);
/* A finding for each place that spoke more often than once for each bugged VM. */
void log_check(unsigned int bugged);

#endif
