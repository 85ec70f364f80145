/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults as operations (--faults): memory that belongs to one VM is damaged,
 * each time in the way that one real mistake would.  The VM is tainted from
 * then on: the model no longer speaks for it, and what is watched is everybody
 * else (containment.c).
 *
 * A fault either changes what it says that it changes, or is skipped: one that
 * left everything as it was would pass for contained.
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

	/* What is broken already is not this fault's doing. */
	if (!sequence.faulted)
		check_everything(PYFUZZ_NONE);
	if (sequence.host_dead)
		return PYFUZZ_SKIP_HOST_DEAD;
	/* Before it: the fault may be the end of the host already. */
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
