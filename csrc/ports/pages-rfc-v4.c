/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The port "pages" with the lists of 6.1 and the policy of the series' last version:
 * an error bugs the VM, and the function returns.
 */
#define PORT_APPEND
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

#include "pages/vm.h"

#define PYFUZZ_NAME "pages-rfc-v4"

#include "pages/adapter.h"
