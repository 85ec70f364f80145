/* SPDX-License-Identifier: GPL-2.0-only */
/* What each world provides to distinguish mutants from the correct code. */
#ifndef PYFUZZ_MUTANTS_DIGEST_H
#define PYFUZZ_MUTANTS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* A hash of everything that a sequence does, step by step. */
uint64_t pyfuzz_digest(const uint8_t *data, size_t size);

#endif
