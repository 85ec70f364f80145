/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rfc v2: bugs the VM whose vCPU is running, which may be another VM, or none
 * in a kworker; keeps the log line per error; continues after an error, so that
 * a wrong single entry is dropped.
 */
#include "../shim/shim.h"

#define PYFUZZ_NAME "rfc-v2"
#define PORT_BUGS_RUNNING_VM(what, kvm, sptep)                          \
	do {                                                            \
		(void)(kvm);                                            \
		pr_err("%s: %p %s\n", __func__, (void *)(sptep), what); \
		KVM_BUG(true, kvm_get_running_vcpu()->kvm, "%s", "");   \
	} while (0)
#define PORT_EMPTY(kvm, sptep) PORT_BUGS_RUNNING_VM("0->BUG", kvm, sptep)
#define PORT_SINGLE(kvm, sptep) PORT_BUGS_RUNNING_VM("1->BUG", kvm, sptep)
#define PORT_MANY(kvm, sptep) PORT_BUGS_RUNNING_VM("many->many", kvm, sptep)

#include "append.h"
