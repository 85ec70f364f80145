/* SPDX-License-Identifier: GPL-2.0-only */
/* Recording a schedule, access by access. */
#include <string.h>
#include "core.h"

#define EVENTS (2 * PYFUZZ_MAX_ACCESSES)
static struct pyfuzz_event events[EVENTS];
static uint32_t events_len;

void trace_begin(void)
{
	events_len = 0;
}

static struct pyfuzz_event *event(unsigned int kind, const struct fiber *f)
{
	struct pyfuzz_event *e;

	if (events_len == EVENTS)
		events_len--; /* the last one matters least */
	e = &events[events_len++];
	memset(e, 0, sizeof(*e));
	e->kind = (uint8_t)kind;
	e->fiber = (uint8_t)fiber_number(f);
	e->access = f->accesses;
	return e;
}

void trace_add(unsigned int kind, uintptr_t address, unsigned int size,
	       uint64_t value, uintptr_t place)
{
	struct pyfuzz_event *e = event(kind, threads.current);

	e->place = place ? place - image_start : 0;
	e->address = address ? address - image_start : 0;
	e->value = value;
	if (kind == PYFUZZ_E_READ)
		memcpy(&e->value, (const void *)address, size > 8 ? 8 : size);
	e->size = (uint8_t)size;
	if (address)
		word_text(address, e->what, sizeof(e->what));
}

void trace_switch(const struct fiber *f, const struct fiber *to, bool forced)
{
	struct pyfuzz_event *e = event(PYFUZZ_E_SWITCH, f);

	e->value = fiber_number(to);
	e->forced = forced;
	list_text(e->list, sizeof(e->list));
}

/* The place where a fiber last read or wrote a word. */
uintptr_t trace_other(const struct cell *cell, unsigned int fiber, bool write)
{
	for (uint32_t i = events_len; i--;) {
		const struct pyfuzz_event *e = &events[i];
		bool wrote = e->kind == PYFUZZ_E_WRITE ||
			     e->kind == PYFUZZ_E_MARKED_WRITE ||
			     e->kind == PYFUZZ_E_ATOMIC;

		if (e->fiber == fiber && e->place && wrote == write &&
		    cell_of(e->address + image_start) == cell)
			return e->place + image_start;
	}
	return 0;
}

uint32_t pyfuzz_threads_trace(struct pyfuzz_event *out, uint32_t cap)
{
	uint32_t n = events_len < cap ? events_len : cap;

	memcpy(out, events, n * sizeof(*out));
	return events_len;
}
