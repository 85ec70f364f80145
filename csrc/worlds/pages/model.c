/* SPDX-License-Identifier: GPL-2.0-only */
/* What the harness knows of the world; world.h says what that is. */
#include "world.h"

struct world world;
