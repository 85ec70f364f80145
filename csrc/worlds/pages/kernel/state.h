/* SPDX-License-Identifier: GPL-2.0-only */
/* The two VMs as the kernel has them, and what the last call into it said. */
#ifndef PYFUZZ_KERNEL_STATE_H
#define PYFUZZ_KERNEL_STATE_H

#include "worlds/pages/target.h"

/* The kind of an object of the harness's, PAGES_KINDS if it is none. */
enum pages_kind pages_kind_of(const void *object);

static struct kvm pyfuzz_kvms[PAGES_VMS];
static struct kvm_vcpu pyfuzz_vcpus[PAGES_VMS][PAGES_VCPUS];
static struct kvm_memory_slot pyfuzz_slots[PAGES_VMS][PAGES_SPACES][PAGES_SLOTS];
static bool pyfuzz_slot_there[PAGES_VMS][PAGES_SPACES][PAGES_SLOTS];

/* What the code under test asked for while it handled a fault. */
static struct {
	bool guest_fault; /* a #PF for the guest */
	bool emulate;
} pyfuzz_asked;

/* The VM that gets memory while another may be running, if any. */
static int pyfuzz_vm_made = -1;

/* Whose an allocation is that does not say. */
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
