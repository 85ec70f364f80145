/* SPDX-License-Identifier: GPL-2.0-only */
/* The findings of a search, and the shortest paths to them. */
#include <string.h>
#include "search.h"
#include "seen.h"

#define FINDINGS 64
/* A hang takes the guard's limit, some 0.3 s: so many end the search. */
#define HANGS 4

static struct {
	struct pyfuzz_finding finding;
	uint64_t count;
	uint32_t state, move;
} found[FINDINGS];
static uint32_t hangs, hangs_told;

void found_begin(void)
{
	hangs = hangs_told = 0;
	search.findings = search.findings_lost = 0;
}

/*
 * A wrong number leaves the world intact.  After any other finding, nothing can
 * be relied on.
 */
bool found_ends(void)
{
	const struct pyfuzz_result *r = &sequence.result;

	for (uint32_t k = 0; k < r->findings_len; k++)
		if (r->findings[k].kind != PYFUZZ_COUNT_CONTRACT)
			return true;
	return false;
}

/*
 * After a move with findings.  States come in the order of their depth, so the
 * first path that shows one is a shortest.
 */
void found_look(uint32_t state, uint32_t move)
{
	struct pyfuzz_result *r = &sequence.result;

	for (uint32_t k = 0; k < r->findings_len; k++) {
		uint32_t i = 0;

		if (r->findings[k].kind == PYFUZZ_HANG && ++hangs == HANGS &&
		    !search.end)
			search.end = PYFUZZ_END_HANGS;
		while (i < search.findings &&
		       found[i].finding.signature != r->findings[k].signature)
			i++;
		if (i == FINDINGS) {
			search.findings_lost++;
			continue;
		}
		if (i == search.findings) {
			search.findings++;
			found[i].finding = r->findings[k];
			found[i].state = state;
			found[i].move = move;
			found[i].count = 0;
		}
		found[i].count++;
	}
	r->findings_len = 0;
}

bool found_hung(void)
{
	bool hung = hangs != hangs_told;

	hangs_told = hangs;
	return hung;
}

const struct pyfuzz_finding *pyfuzz_exhaust_finding(uint32_t i, uint64_t *count)
{
	if (i >= search.findings)
		return NULL;
	*count = found[i].count;
	return &found[i].finding;
}

void pyfuzz_exhaust_where(uint32_t finding, uint32_t *state, uint32_t *move)
{
	*state = found[finding].state;
	*move = found[finding].move;
}

static struct {
	uint8_t *out;
	uint32_t cap, len;
} path;

static void put(const void *op)
{
	if (path.len < path.cap)
		memcpy(path.out + (size_t)path.len * space->op_size, op,
		       space->op_size);
	path.len++;
}

uint32_t pyfuzz_exhaust_path(uint32_t finding, void *out, uint32_t cap)
{
	static struct plan plan;
	static uint8_t bytes[SPACE_STATE];
	uint32_t move;

	if (finding >= search.findings)
		return 0;
	path.out = out;
	path.cap = cap;
	path.len = 0;
	move = found[finding].move;
	if (!run_way(found[finding].state, put) || !space->encode(bytes, true))
		return 0;
	plan_make(&plan);
	for (uint32_t k = plan.first[move]; k < plan.first[move + 1]; k++)
		put(plan.ops + k * space->op_size);
	return path.len;
}
