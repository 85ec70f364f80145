/* SPDX-License-Identifier: GPL-2.0-only */
/* Add and count return the number of entries (add: before the new one). */
static void expect_returned(long long seen, long long expected)
{
	if (seen == expected)
		return;
	printf("  expected: returns %lld\n  seen:     returns %lld\n", expected,
	       seen);
	failed(PROPERTY, "must return %lld, returned %lld", expected, seen);
}

static void check(unsigned int vm, bool error)
{
	(void)vm;
	(void)error;
}
