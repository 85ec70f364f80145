/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults as operations (--faults): each damages memory of one VM in the way that
 * a real mistake would.  The VM is tainted from then on: the model no longer
 * applies to it, and only the others are checked (containment.c).
 *
 * A fault either changes what it claims to change, or is skipped: one that
 * changed nothing would count as contained.
 */
#include "faults.h"
#include "oracle.h"

static const struct {
	const char *name;
	const char *cause;
	unsigned int (*apply)(const struct pyfuzz_op *op);
} faults[] = {
#define FAULT(function, name, group, reach, damage, cause) \
	{ name, cause, fault_##function },
#include "faults.def"
#undef FAULT
};

unsigned int fault_apply(const struct pyfuzz_op *op)
{
	unsigned int skip;

	/* Existing damage is not caused by this fault. */
	if (!sequence.faulted)
		check_everything(PYFUZZ_NONE);
	if (sequence.host_dead)
		return PYFUZZ_SKIP_HOST_DEAD;
	/* Before planting it, since the fault itself may kill the host. */
	containment_fault(op->vm, op->fault);
	skip = faults[op->fault % PYFUZZ_FAULTS].apply(op);
	if (skip != PYFUZZ_RAN)
		containment_no_fault();
	return skip;
}

const char *pyfuzz_fault_name(uint32_t fault)
{
	return fault < PYFUZZ_FAULTS ? faults[fault].name : NULL;
}

const char *pyfuzz_fault_cause(uint32_t fault)
{
	return fault < PYFUZZ_FAULTS ? faults[fault].cause : NULL;
}
