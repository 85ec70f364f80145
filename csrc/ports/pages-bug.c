/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The port "pages" with the lists and the policy of 6.1 before the series: an error
 * kills the host.
 */
#define PORT_APPEND
#define PORT_DIES(what, kvm, sptep)                                    \
	do {                                                           \
		(void)(kvm);                                           \
		pyfuzz_on_print(__FILE__, __LINE__, __func__, "%p %s", \
				(void *)(sptep), what);                \
		BUG();                                                 \
	} while (0)
#define PORT_EMPTY(kvm, sptep) PORT_DIES("0->BUG", kvm, sptep)
#define PORT_SINGLE(kvm, sptep) PORT_DIES("1->BUG", kvm, sptep)
#define PORT_MANY(kvm, sptep) PORT_DIES("many->many", kvm, sptep)

#include "pages/vm.h"

#define PYFUZZ_NAME "pages-bug"

#include "pages/adapter.h"
