/* SPDX-License-Identifier: GPL-2.0-only */
/* A zap of a list that had entries tells its caller to flush TLBs. */
static void expect_flush(bool seen, unsigned int before)
{
	if (seen || !before)
		return;
	printf("  expected: returns true, to flush TLBs\n");
	printf("  seen:     returns false, of a list of %u entries\n", before);
	failed(PROPERTY, "must tell to flush TLBs after a zap of %u entries",
	       before);
}

static void check(unsigned int vm, bool error)
{
	(void)vm;
	(void)error;
}
