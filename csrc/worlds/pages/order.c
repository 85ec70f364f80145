/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of the VM's pages on its list, while the form of a state is made. */
#include "form.h"

static const void *in_order[MAX_PAGES], *in_sorted[MAX_PAGES];
static uint32_t in_order_len;

static bool is_after(const void *a, const void *b)
{
	struct pages_page one, two;

	pages_target.page(0, a, &one);
	pages_target.page(0, b, &two);
	return one.gfn != two.gfn ? one.gfn > two.gfn : one.role > two.role;
}

static void put_in_order(const void *const *headers)
{
	pages_target.reorder(0, headers, in_order_len);
	for (uint32_t i = 0; i < in_order_len; i++)
		memory_touch(headers[i]);
}

bool order_sort(void)
{
	bool changed = false;

	if (!form_renamed || form_by_age || !pages_target.order ||
	    !world.vms[0].alive)
		return false;
	in_order_len = pages_target.order(0, in_order, MAX_PAGES);
	if (in_order_len == MAX_PAGES)
		return false;
	for (uint32_t i = 0; i < in_order_len; i++) {
		uint32_t to = i;

		for (; to && is_after(in_sorted[to - 1], in_order[i]); to--)
			in_sorted[to] = in_sorted[to - 1];
		in_sorted[to] = in_order[i];
		changed |= to != i;
	}
	if (changed)
		put_in_order(in_sorted);
	return changed;
}

void order_put_back(void)
{
	put_in_order(in_order);
}
