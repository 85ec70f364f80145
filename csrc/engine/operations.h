/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine's side knows of an operation: where its fields are, and what
 * its codes do (docs/sequences.md).  Private to csrc/engine.
 */
#ifndef PYFUZZ_ENGINE_OPERATIONS_H
#define PYFUZZ_ENGINE_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

#define OP 4
#define VMS 4
#define FRAMES 16
#define HEADS 20
#define SPTES 2048

/* The lowest code of each opcode, as in the table of docs/sequences.md. */
enum code {
	ADD = 0,
	REMOVE = 5,
	REMOVE_STRAY = 9,
	ZAP_ONE = 10,
	ZAP_ONE_STRAY = 11,
	ZAP_ALL = 12,
	COUNT = 13,
	ITERATE = 14,
	PARENT_ADD = 15,
	PARENT_REMOVE = 17,
	PARENT_REMOVE_STRAY = 18,
	PARENT_DROP = 19,
	PARENT_UNLINK = 20,
	RMAP_ADD = 21,
	RMAP_REMOVE = 24,
	RMAP_REMOVE_STRAY = 26,
	RMAP_REMOVE_OFF = 27,
	ENTER = 28,
	CONTEXT = 29,
	CREATE = 30,
	DESTROY = 31,
};

/* chance.c: xorshift64*, so the same seed gives the same mutation. */
void seed_with(unsigned int seed);
uint32_t below(uint32_t n);
#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

/*
 * compose.c: write operations that have a plan behind those that are there;
 * returns how many there are then, max at most.
 */
size_t compose(uint8_t *data, size_t n, size_t max);
/* Write up to max operations of bytes by chance; returns how many. */
size_t scatter(uint8_t *data, size_t max);

#endif
