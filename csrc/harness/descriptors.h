/* SPDX-License-Identifier: GPL-2.0-only */
/* The descriptor allocator, for the harness; for the target: callbacks.h. */
#ifndef PYFUZZ_DESCRIPTORS_H
#define PYFUZZ_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

void descriptors_reset(void);
/* The free descriptor of this number, zeroed. */
void *descriptors_take(uint32_t i, unsigned int vm);
/* Save the complete state, and restore it. */
void descriptors_save(void);
void descriptors_restore(void);
/* Whether it is in use, and was when all was saved, with the same contents. */
bool descriptor_as_saved(const void *descriptor);
uint32_t descriptors_live(void);
uint32_t descriptors_of(unsigned int vm);
uint32_t descriptors_orphan(unsigned int vm);
void descriptors_deny(unsigned int vm, bool on);
void descriptors_check_freed(void);
void descriptors_unpoison(void);
void descriptors_clean(void);
void descriptor_give(void *descriptor, unsigned int vm);
bool descriptor_is_blank(const void *descriptor, unsigned int vm);
bool descriptor_is_live(const void *address);
/* From 0 in the order of their addresses; of a live one. */
uint32_t descriptor_number(const void *descriptor);
unsigned int descriptor_owner(const void *descriptor);
/* The first live one from number *at on, NULL past the last. */
void *descriptor_next(uint32_t *at);
/* Whether an address is in the pool, live or not. */
bool descriptors_hold(const void *address);

#endif
