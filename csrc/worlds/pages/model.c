/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness's model of the world, see world.h. */
#include "world.h"

/* A restored state has the time 1 for all that happened before: synced.c. */
struct world world = { .time = 1 };
