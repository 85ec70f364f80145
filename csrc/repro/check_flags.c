/* SPDX-License-Identifier: GPL-2.0-only */
/* A VM is bugged if it asked for something impossible, and only then. */
static void check(unsigned int op_vm, bool error)
{
	bool must_not = !strcmp(PROPERTY, "false-alarm");

	if (must_not && !error && vms[op_vm].vm_bugged && !was_bugged[op_vm])
		failed(PROPERTY,
		       "vm%u is bugged by an operation that is correct", op_vm);
	if (!must_not && error && !vms[op_vm].vm_bugged)
		failed(PROPERTY, "vm%u must be bugged after the error, is not",
		       op_vm);
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !must_not; vm++)
		if (alive[vm] && was_bugged[vm] && !vms[vm].vm_bugged)
			failed(PROPERTY, "vm%u was bugged and is not any more",
			       vm);
}
