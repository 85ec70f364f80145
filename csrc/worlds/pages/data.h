/* SPDX-License-Identifier: GPL-2.0-only */
/* Images of the target's own data (pages_target.data[]), for csrc/exhaust. */
#ifndef PYFUZZ_PAGES_DATA_H
#define PYFUZZ_PAGES_DATA_H

#include "world.h"

void data_begin(void);
/* Put back what was there when the module was loaded. */
void data_start(void);
/*
 * What is there now is what states are compared with, but for addresses of
 * objects: they count as 0.
 */
void data_take_base(bool (*is_address)(uint64_t word));
const uint64_t *data_base(unsigned int i);
/* The bits of each word that may be read, and so belong to a state. */
const uint64_t *data_read(unsigned int i);
/* Put the base there; what may not be read is 0, or with a seed any number. */
void data_set_base(uint64_t seed);
void data_save(void);
void data_restore(void);

#endif
