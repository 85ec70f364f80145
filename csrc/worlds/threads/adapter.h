/* SPDX-License-Identifier: GPL-2.0-only */
/* This world's targets are those of the lists world; seam.h adds the walkers. */
#include "worlds/lists/adapter.h"
