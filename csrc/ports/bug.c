/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 6.1 before the series: each of the three errors prints a line to the log and
 * kills the host.
 */
#include "../shim/shim.h"

#define PYFUZZ_NAME "bug"
#define PORT_DIES(what, kvm, sptep)                                     \
	do {                                                            \
		(void)(kvm);                                            \
		pr_err("%s: %p %s\n", __func__, (void *)(sptep), what); \
		BUG();                                                  \
	} while (0)
#define PORT_EMPTY(kvm, sptep) PORT_DIES("0->BUG", kvm, sptep)
#define PORT_SINGLE(kvm, sptep) PORT_DIES("1->BUG", kvm, sptep)
#define PORT_MANY(kvm, sptep) PORT_DIES("many->many", kvm, sptep)

#include "append.h"
