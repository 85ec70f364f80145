/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rfc v3: bugs the VM that the callers pass down; still a log line per error,
 * still no return, so that a wrong single entry is dropped.
 */
#include "../shim/shim.h"

#define PYFUZZ_NAME "rfc-v3"
#define PORT_BUGS_VM(what, kvm, sptep)                                  \
	do {                                                            \
		pr_err("%s: %p %s\n", __func__, (void *)(sptep), what); \
		KVM_BUG(true, kvm, "%s", "");                           \
	} while (0)
#define PORT_EMPTY(kvm, sptep) PORT_BUGS_VM("0->BUG", kvm, sptep)
#define PORT_SINGLE(kvm, sptep) PORT_BUGS_VM("1->BUG", kvm, sptep)
#define PORT_MANY(kvm, sptep) PORT_BUGS_VM("many->many", kvm, sptep)

#include "append.h"
