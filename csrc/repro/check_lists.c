/* SPDX-License-Identifier: GPL-2.0-only */
/* Every list of every VM holds what it should and is well formed. */
static void list_failed(const char *kind, unsigned int vm, unsigned int head,
			unsigned int op_vm, const char *what)
{
	bool foreign = vm != op_vm;

	/* The two are distinguished even if the list is broken. */
	if (foreign != !strcmp(PROPERTY, "wrong-vm"))
		return;
	print_list(vm, head);
	if (foreign)
		failed("wrong-vm", "an operation of vm%u changed %s: %s", op_vm,
		       name_of(vm, head), what);
	failed(kind, "%s: %s", name_of(vm, head), what);
}

static void check_list(unsigned int vm, unsigned int head, unsigned int op_vm)
{
	static unsigned char seen[PYFUZZ_SPTES];
	static struct walk w;

	walk_list(vm, head, &w);
	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i <= w.len; i++) {
		unsigned int s;

		if (w.broken && i == w.broken_at)
			list_failed("shape", vm, head, op_vm, w.broken);
		if (i == w.len)
			break;
		s = number_of(vm, w.sptes[i]);
		if (s == PYFUZZ_NONE || in_list[vm][s] != head + 1)
			list_failed("ghost-entry", vm, head, op_vm,
				    "it holds an entry that should not be there");
		else if (seen[s]++)
			list_failed("ghost-entry", vm, head, op_vm,
				    "it holds an SPTE twice");
		else if (!is_shadow_present_pte(*w.sptes[i]))
			list_failed("stale-spte", vm, head, op_vm,
				    "it holds a cleared SPTE");
	}
	if (w.len != entries[vm][head])
		list_failed("lost-entry", vm, head, op_vm, "an entry is gone");
}

static void check(unsigned int op_vm, bool error)
{
	(void)error;
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		if (vm != op_vm && alive[vm] && vms[vm].vm_bugged &&
		    !was_bugged[vm] && !strcmp(PROPERTY, "wrong-vm"))
			failed(PROPERTY,
			       "vm%u is bugged by an operation of vm%u", vm,
			       op_vm);
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++)
		for (unsigned int head = 0; alive[vm] && head < PYFUZZ_HEADS;
		     head++)
			check_list(vm, head, op_vm);
}
