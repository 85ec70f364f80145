/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's own memory, which is all that its fibers may access: a cell for
 * each word, and an undo log of the words that a schedule wrote.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <stdlib.h>
#include <sys/mman.h>
#include "core.h"

/* From the linker: the module's bounds. */
extern char __ehdr_start[] __attribute__((visibility("hidden")));
extern char _end[] __attribute__((visibility("hidden")));

struct cell *cells;
uintptr_t image_start, image_size;

#define UNDO 4096
static struct {
	uint64_t *word;
	uint64_t value;
} undo[UNDO];
static unsigned int undo_len;

void image_init(void)
{
	if (cells)
		return;
	image_start = (uintptr_t)__ehdr_start & ~(uintptr_t)7;
	image_size = (uintptr_t)_end - image_start;
	cells = mmap(NULL, (image_size / 8 + 1) * sizeof(*cells),
		     PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (cells == MAP_FAILED)
		abort();
}

/* Before the first write to a word in this schedule. */
void image_save(struct cell *cell)
{
	uint64_t *word = (uint64_t *)cell_address(cell);

	if (undo_len == UNDO) /* impossible within the limit on accesses */
		abort();
	undo[undo_len].word = word;
	undo[undo_len++].value = *word;
	cell->saved = true;
}

/* Keep what was written: every schedule starts with it. */
void image_keep(void)
{
	undo_len = 0;
}

void image_restore(void)
{
	while (undo_len) {
		undo_len--;
		*undo[undo_len].word = undo[undo_len].value;
	}
}
