/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rfc v1: BUG() became KVM_BUG() with no arguments.  The macro takes a
 * condition, a VM and a format, so this does not compile; that is what the
 * catalogue says and what a test sees.
 */
#include "../shim/shim.h"

#define PYFUZZ_NAME "rfc-v1"
#define PORT_EMPTY(kvm, sptep) KVM_BUG()
#define PORT_SINGLE(kvm, sptep) KVM_BUG()
#define PORT_MANY(kvm, sptep) KVM_BUG()

#include "append.h"
