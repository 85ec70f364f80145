/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings: recorded once per sequence and signature, counted per process. */
#ifndef PYFUZZ_FINDINGS_H
#define PYFUZZ_FINDINGS_H

#include "sequence.h"

void finding(enum pyfuzz_kind kind, const char *function, unsigned int line,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Called for each finding of a sequence in which a fault was planted. */
typedef void (*finding_listener)(enum pyfuzz_kind kind, const char *function,
				 unsigned int line, const char *message);
void findings_tell(finding_listener listener);

int findings_publish(const uint8_t *data, size_t size);
bool findings_worth_precision(size_t size);
struct pyfuzz_shared *shared_region(void);

#endif
