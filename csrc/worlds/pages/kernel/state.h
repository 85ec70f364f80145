/* SPDX-License-Identifier: GPL-2.0-only */
/* The two VMs in the kernel's structures, and the result of the last call. */
#ifndef PYFUZZ_KERNEL_STATE_H
#define PYFUZZ_KERNEL_STATE_H

#include "worlds/pages/target.h"

/* The kind of an object of the harness; PAGES_KINDS if it is not one. */
enum pages_kind pages_kind_of(const void *object);

static struct kvm pyfuzz_kvms[PAGES_VMS];
static struct kvm_vcpu pyfuzz_vcpus[PAGES_VMS][PAGES_VCPUS];
static struct kvm_memory_slot pyfuzz_slots[PAGES_VMS][PAGES_SPACES][PAGES_SLOTS];
static bool pyfuzz_slot_there[PAGES_VMS][PAGES_SPACES][PAGES_SLOTS];

/* What the code under test requested while it handled a fault. */
static struct {
	bool guest_fault; /* a #PF for the guest */
	bool emulate;
} pyfuzz_asked;

/* The VM that allocates memory, if it may not be the running one. */
static int pyfuzz_vm_made = -1;

/* The owner of an allocation that does not name one. */
static unsigned int pyfuzz_vm_now(void)
{
	return pyfuzz_vm_made < 0 ? pages_running_vm() :
				    (unsigned int)pyfuzz_vm_made;
}

static unsigned int pyfuzz_vm_of(const struct kvm *kvm)
{
	return (unsigned int)(kvm - pyfuzz_kvms);
}

#endif
