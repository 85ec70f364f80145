/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of the search, shared by its files. */
#include "search.h"
#include "space.h"

const struct pyfuzz_space *space = &pyfuzz_space;
struct pyfuzz_exhaust search;
struct pyfuzz_scope search_scope;
