/* SPDX-License-Identifier: GPL-2.0-only */
/* The harness's model of the world, see world.h. */
#include "world.h"

struct world world;
