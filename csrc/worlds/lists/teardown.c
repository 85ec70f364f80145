/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of every sequence: check, destroy and account for everything. */
#include "harness/descriptors.h"
#include "harness/findings.h"
#include "harness/guard.h"
#include "harness/log.h"
#include "innocents.h"
#include "oracle.h"
#include "teardown.h"
#include "vm.h"

void teardown(void)
{
	if (sequence.host_dead)
		return;
	sequence.ending = true;
	world.report->error = false;
	sequence.mistake = false;
	check_everything(PYFUZZ_NONE);
	if (sequence.faulted && !sequence.host_dead)
		let_innocents_work();
	for (unsigned int vm = 0; vm < PYFUZZ_VMS && !sequence.host_dead; vm++) {
		if (!world.vms[vm].alive)
			continue;
		choose_running(vm);
		vm_destroy(vm);
		guard_events();
	}
	if (sequence.step_lines)
		log_check(world.bugged_total);
	if (sequence.faulted && !sequence.host_dead)
		check_owners();
	if (!sequence.host_dead && !sequence.faulted && descriptors_live()) {
		sequence.late = true;
		finding(PYFUZZ_LEAK, pyfuzz_target.names.zap_all, 0,
			"%u descriptors are still allocated after every VM was destroyed",
			descriptors_live());
	}
	if (!sequence.host_dead && !sequence.faulted)
		world.dirty = false;
}
