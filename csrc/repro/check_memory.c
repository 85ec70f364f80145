/* SPDX-License-Identifier: GPL-2.0-only */
/* As many descriptors are in lists and caches as are allocated. */
static void check(unsigned int op_vm, bool error)
{
	static struct walk w;
	unsigned int linked = 0;

	(void)op_vm;
	(void)error;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		linked += (unsigned int)the_cache(vm)->nobjs;
		for (unsigned int head = 0; head < PYFUZZ_HEADS; head++) {
			walk_list(vm, head, &w);
			linked += w.descriptors;
		}
	}
	printf("  expected: %u descriptors allocated\n", linked);
	printf("  seen:     %u descriptors allocated\n", descriptors_live);
	if (linked != descriptors_live)
		failed(PROPERTY,
		       "%u descriptors are in lists and caches, %u are allocated",
		       linked, descriptors_live);
}
