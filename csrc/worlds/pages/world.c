/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages world, as the harness runs it. */
#include <string.h>
#include "harness/log.h"
#include "harness/world.h"
#include "observe.h"
#include "world.h"

_Static_assert(sizeof(struct pyfuzz_op) <= PYFUZZ_OP_SIZE,
	       "the harness has room for an operation");
_Static_assert(PYFUZZ_VMS == PAGES_VMS && PYFUZZ_VCPUS == PAGES_VCPUS,
	       "Python and the target mean the same");

struct pyfuzz_traits pyfuzz_target_traits;
static struct pyfuzz_step unread;

/* Which call an operation needs, as an offset into the target's table. */
static const size_t needs[PYFUZZ_OPCODES] = {
#define OP(name, word, operands, share, call) \
	[PYFUZZ_OP_##name] = offsetof(struct pages_target, call),
#include "operations.def"
#undef OP
};

static void __attribute__((constructor)) traits_fill(void)
{
	const struct pages_layout *layout = &pages_target.layout;
	struct pyfuzz_traits *t = &pyfuzz_target_traits;

	t->name = pages_target.name;
	t->capacity = layout->capacity;
	t->descriptor_size = layout->descriptor_size;
	t->more_offset = layout->more_offset;
	t->sptes_offset = layout->sptes_offset;
	t->spte_count_offset = layout->spte_count_offset;
	t->spte_count_size = layout->spte_count_size;
	t->tail_count_offset = layout->tail_count_offset;
	t->tail_count_size = layout->tail_count_size;
	t->locked_heads = layout->locked_heads;
	t->rmap_add_recycles = 1;
	for (unsigned int op = 0; op < PYFUZZ_OPCODES; op++) {
		void *call;

		memcpy(&call, (char *)&pages_target + needs[op], sizeof(call));
		if (call)
			t->opcodes |= 1U << op;
	}
}

static void open_report(struct pyfuzz_step *out)
{
	memset(out, 0, sizeof(*out));
	world.report = out;
}

static void close_report(struct pyfuzz_step *out, bool ended)
{
	out->findings = sequence.step_findings;
	out->log_lines = sequence.step_lines;
	if (ended)
		out->skip = out->result = out->walked = 0;
	out->bugged = out->alive = 0;
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++) {
		if (!world.vms[vm].alive)
			continue;
		out->alive |= (uint16_t)(1U << vm);
		if (*pages_target.bugged[vm])
			out->bugged |= (uint16_t)(1U << vm);
	}
	world.report = &unread;
}

static void begin(void)
{
	open_report(&unread);
	memory_reset();
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		world.vms[vm].alive = false;
	world.bugged_total = 0;
	log_begin();
	/* The first one always exists; the other is created on first use. */
	vm_ensure(0);
}

static void teardown(void)
{
	sequence.ending = true;
	flushes_forget();
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		check_vm(vm, true);
	for (unsigned int vm = 0; vm < PAGES_VMS && !sequence.host_dead; vm++) {
		if (!world.vms[vm].alive)
			continue;
		vm_end(vm);
		check_gone(vm);
	}
	if (!sequence.host_dead)
		memory_check_freed();
	if (!sequence.host_dead)
		log_check(world.bugged_total);
}

static void end(void)
{
}

void pages_on_warn(const char *file, unsigned int line, const char *function,
		   const char *condition)
{
	(void)file;
	/* What comes after a VM was bugged is not held against it. */
	if (world.running_vm >= 0 && world.vms[world.running_vm].bugged)
		return;
	finding(PYFUZZ_WARNING, function, line,
		"WARN (%s) by an operation that is correct", condition);
}

void pyfuzz_on_request(unsigned int vm, unsigned int vcpu, unsigned int request)
{
	(void)request;
	if (vm < PAGES_VMS && vcpu < PAGES_VCPUS)
		world.vms[vm].requests[vcpu]++;
}

unsigned int pages_running_vm(void)
{
	return (unsigned int)world.running_vm;
}

int pages_running_vcpu(void)
{
	return world.running_vcpu;
}

const struct pyfuzz_world pyfuzz_world = {
	.name = "pages",
	.op_bytes = PYFUZZ_OP_BYTES,
	.compared = &pages_compared,
	.begin = begin,
	.decode = decode,
	.step = step_run,
	.teardown = teardown,
	.end = end,
	.open = open_report,
	.close = close_report,
};
