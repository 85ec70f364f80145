/* SPDX-License-Identifier: GPL-2.0-only */
/* How far the search is, for each file that has a part in it. */
#include "search.h"

struct pyfuzz_exhaust search;
struct pyfuzz_scope search_scope;
