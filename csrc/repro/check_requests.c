/* SPDX-License-Identifier: GPL-2.0-only */
/* A bugged VM is dead, and each of its vCPUs has exactly one request for that. */
static void check(unsigned int op_vm, bool error)
{
	(void)op_vm;
	(void)error;
	if (other_requests)
		failed(PROPERTY, "a request other than VM-dead was made");
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		if (alive[vm] && vms[vm].vm_dead != vms[vm].vm_bugged)
			failed(PROPERTY, "vm_dead of vm%u must be %d, is %d",
			       vm, vms[vm].vm_bugged, vms[vm].vm_dead);
		for (unsigned int i = 0; alive[vm] && i < PYFUZZ_VCPUS; i++)
			if (requests[vm][i] != vms[vm].vm_bugged)
				failed(PROPERTY,
				       "vm%u cpu%u must have %d VM-dead requests, has %u",
				       vm, i, vms[vm].vm_bugged,
				       requests[vm][i]);
	}
}

/* A vCPU is about to enter the guest and handles the request. */
static void enter(unsigned int vm, unsigned int vcpu)
{
	bool fails = requests[vm][vcpu] || vms[vm].vm_dead;

	printf("  expected: it %s\n  seen:     it %s\n",
	       vms[vm].vm_bugged ? "cannot" : "enters",
	       fails ? "cannot" : "enters");
	if (fails != vms[vm].vm_bugged)
		failed(PROPERTY, "vm%u cpu%u must%s enter the guest", vm, vcpu,
		       vms[vm].vm_bugged ? " not" : "");
}
