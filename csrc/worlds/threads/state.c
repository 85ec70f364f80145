/* SPDX-License-Identifier: GPL-2.0-only */
/* What everything else here is about: the schedule that runs, and who decides it. */
#include "core.h"

struct threads threads;
void (*decide)(struct fiber *f, struct cell *cell, bool enabled);
unsigned int (*decide_first)(void);
unsigned int (*decide_delay)(const struct fiber *f, const struct cell *cell);
bool (*decide_flush)(const struct fiber *f, const struct cell *cell);

bool is_enabled(const struct fiber *f)
{
	const struct lock *lock = f->waits_for;

	switch (f->wait) {
	case WAIT_NOT:
		return true;
	case WAIT_WRITE:
		return lock->writer == NOBODY && !lock->readers;
	case WAIT_READ:
		return lock->writer == NOBODY;
	case WAIT_WORD:
		return ((const struct cell *)f->waits_for)->version !=
		       f->wait_version;
	}
	return false;
}
