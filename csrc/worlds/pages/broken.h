/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule that does not hold ends the function that sees it, and the sequence. */
#ifndef PYFUZZ_PAGES_BROKEN_H
#define PYFUZZ_PAGES_BROKEN_H

#define broken(kind, ...)                                         \
	do {                                                      \
		finding(kind, sequence.function, 0, __VA_ARGS__); \
		sequence.host_dead = true;                        \
		return;                                           \
	} while (0)

#endif
