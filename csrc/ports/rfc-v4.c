/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rfc v4: bugs the VM that the callers pass down, with a message of its own,
 * once, and returns after the first two errors (nothing follows the third).
 */
#include "../shim/shim.h"

#define PYFUZZ_NAME "rfc-v4"
#define PORT_BUGS_VM(format, kvm, sptep)                         \
	do {                                                     \
		if (KVM_BUG(true, kvm, format, (void *)(sptep))) \
			return;                                  \
	} while (0)
#define PORT_EMPTY(kvm, sptep) PORT_BUGS_VM("rmap for %p is empty", kvm, sptep)
#define PORT_SINGLE(kvm, sptep) \
	PORT_BUGS_VM("single rmap for %p doesn't match", kvm, sptep)
#define PORT_MANY(kvm, sptep) \
	PORT_BUGS_VM("no rmap for %p (many->many)", kvm, sptep)

#include "append.h"
