/* SPDX-License-Identifier: GPL-2.0-only */
/* Random schedules beside an engine's own. */
#ifndef PYFUZZ_THREADS_PROBE_H
#define PYFUZZ_THREADS_PROBE_H

#include "harness/world.h"
#include "threads.h"

extern const struct pyfuzz_probe probe;
/* Run some of a scenario whose own schedule, with this hash, showed nothing. */
void probe_run(const struct pyfuzz_scenario *scenario, uint64_t hash);

#endif
