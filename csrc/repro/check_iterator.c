/* SPDX-License-Identifier: GPL-2.0-only */
/* The iterator yields each entry of the list, once. */
static unsigned char yielded[PYFUZZ_SPTES];
static unsigned int yielded_len;

static void begin_yielding(void)
{
	memset(yielded, 0, sizeof(yielded));
	yielded_len = 0;
}

static void yields(unsigned int vm, unsigned int head, const u64 *sptep)
{
	unsigned int s = number_of(vm, sptep);

	if (s == PYFUZZ_NONE || in_list[vm][s] != head + 1)
		failed(PROPERTY, "entry %u that it yields is not in the list",
		       yielded_len);
	if (yielded[s]++)
		failed(PROPERTY, "it yields s%u twice", s);
	yielded_len++;
}

static void end_yielding(unsigned int vm, unsigned int head)
{
	printf("  expected: yields %u entries\n", entries[vm][head]);
	printf("  seen:     yields %u entries\n", yielded_len);
	if (yielded_len != entries[vm][head])
		failed(PROPERTY, "it must yield %u entries, yields %u",
		       entries[vm][head], yielded_len);
}

static void check(unsigned int vm, bool error)
{
	(void)vm;
	(void)error;
}
