/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings with their schedules, and the target's hooks that report them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core.h"

/* After these the schedule continues: worse may follow. */
static bool goes_on(enum pyfuzz_kind kind)
{
	return kind == PYFUZZ_DATA_RACE || kind == PYFUZZ_WARNING;
}

static struct pyfuzz_threads_finding *slot_of(uint64_t signature)
{
	struct pyfuzz_threads_result *r = threads.result;

	for (uint32_t i = 0; i < r->findings_len; i++)
		if (r->findings[i].signature == signature)
			return &r->findings[i];
	if (r->findings_len == PYFUZZ_THREADS_FINDINGS)
		return NULL;
	memset(&r->findings[r->findings_len], 0, sizeof(r->findings[0]));
	return &r->findings[r->findings_len++];
}

void found(enum pyfuzz_kind kind, uintptr_t place, uintptr_t other,
	   const char *format, ...)
{
	uint64_t signature = mix(place ? place - image_start : 0);
	struct pyfuzz_threads_result *r = threads.result;
	const char *function = !place && threads.function ? threads.function :
							    "";
	struct fiber *f = threads.current;
	struct pyfuzz_threads_finding *found;
	va_list args;

	signature = mix(signature ^ (uint64_t)kind);
	for (const char *p = function; *p; p++)
		signature = mix(signature ^ (uint8_t)*p);
	found = slot_of(signature);
	if (found &&
	    (!found->count || found->away > threads.away ||
	     (found->away == threads.away && found->delayed > threads.delayed) ||
	     (threads.tracing && !found->other_place && other))) {
		found->kind = kind;
		snprintf(found->function, sizeof(found->function), "%s",
			 function);
		found->signature = signature;
		found->place = place ? place - image_start : 0;
		found->other_place = other ? other - image_start : 0;
		found->hash = threads.hash;
		found->fiber = f ? fiber_number(f) : 0;
		found->access = f ? f->accesses : 0;
		found->operation = f ? f->operation : PYFUZZ_FIBER_OPS;
		found->away = threads.away;
		found->delayed = threads.delayed;
		if (!found->count)
			found->first_schedule =
				(uint32_t)(r->schedules + r->pruned + 1);
		found->schedule = threads.taken;
		stores_note(&found->schedule);
		va_start(args, format);
		vsnprintf(found->message, sizeof(found->message), format, args);
		va_end(args);
	}
	if (found)
		found->count++;
	if (goes_on(kind))
		return;
	threads.stop = true;
	if (f)
		fiber_leave();
}

void pyfuzz_on_bug(const char *file, unsigned int line, const char *function,
		   const char *condition)
{
	(void)file;
	found(PYFUZZ_HOST_BUG, PLACE, 0,
	      "%s reached in %s, line %u, by operations that are correct: the host would have died",
	      condition, function, line);
	__builtin_unreachable();
}

void pyfuzz_on_warn(unsigned int line, const char *function, const char *text)
{
	if (threads.current)
		found(PYFUZZ_WARNING, PLACE, 0, "%s fired in %s, line %u", text,
		      function, line);
}

void pyfuzz_on_print(const char *file, unsigned int line, const char *function,
		     const char *format, ...)
{
	(void)file;
	(void)line;
	(void)function;
	(void)format;
}

bool pyfuzz_once(unsigned int *state)
{
	(void)state;
	return true;
}

void pyfuzz_on_request(unsigned int vm, unsigned int vcpu, unsigned int request)
{
	(void)vm;
	(void)vcpu;
	(void)request;
}

unsigned int pyfuzz_running_vm(void)
{
	return 0;
}

unsigned int pyfuzz_running_vcpu(void)
{
	return 0;
}
