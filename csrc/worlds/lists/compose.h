/* SPDX-License-Identifier: GPL-2.0-only */
/* An operation as the generator sees it: the places of its fields, and its codes. */
#ifndef PYFUZZ_LISTS_COMPOSE_H
#define PYFUZZ_LISTS_COMPOSE_H

#include "engine/generator.h"
#include "lists.h"
#include "operations.h"

#define VMS PYFUZZ_VMS
#define FRAMES PYFUZZ_FRAME_HEADS
#define HEADS PYFUZZ_HEADS
#define SPTES PYFUZZ_SPTES

/* The lowest code of each operation. */
enum {
#define OP(name, ...) name = CODE_##name,
#include "operations.def"
#undef OP
};
#define OP PYFUZZ_OP_BYTES

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

size_t compose(struct chance *chance, uint8_t *data, size_t n, size_t max);

#endif
