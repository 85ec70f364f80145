/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings: recorded once per sequence and signature, counted per process in
 * the shared region, where a supervisor reads them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "findings.h"

static struct pyfuzz_shared own_region = { .abi = PYFUZZ_ABI };
static struct pyfuzz_shared *shared = &own_region;

static finding_listener listener;

enum ends { WHOLE, BROKEN, DEATH };

/* Can the sequence go on after such a finding? */
static const uint8_t ends[] = {
#define KIND(name, word, ends, must, means) [PYFUZZ_##name] = ends,
#include "kinds.def"
#undef KIND
};

void findings_tell(finding_listener told)
{
	listener = told;
}

/* FNV-1a; equal for equal kind, function and line in every process. */
static uint64_t signature_of(enum pyfuzz_kind kind, const char *function,
			     unsigned int line)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (const char *p = function; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3ULL;
	hash = (hash ^ (uint64_t)kind) * 0x100000001b3ULL;
	return (hash ^ line) * 0x100000001b3ULL;
}

bool pyfuzz_on_made_up(const char *name)
{
	bool more = sequence.made_up && strcmp(sequence.made_up, name);
	bool new = !sequence.made_up || (more && !sequence.made_up_more);

	if (!sequence.made_up)
		sequence.made_up = name;
	sequence.made_up_more |= more;
	return new;
}

/* End a message with what was made up, whatever room there is. */
static void name_made_up(char *message, size_t size)
{
	size_t len = strlen(message), more;
	char tail[112];

	snprintf(tail, sizeof(tail), "; after a call of %.64s(), made up%s",
		 sequence.made_up,
		 sequence.made_up_more ? ", and of others" : "");
	more = strlen(tail);
	if (len + more + 1 > size)
		len = size - more - 1;
	memcpy(message + len, tail, more + 1);
}

void finding(enum pyfuzz_kind kind, const char *function, unsigned int line,
	     const char *format, ...)
{
	struct pyfuzz_result *r = &sequence.result;
	uint64_t signature;
	struct pyfuzz_finding *f;
	va_list args;

	if (!function)
		function = "";
	signature =
		signature_of(kind, function, line + (sequence.variant << 24));
	sequence.variant = 0;
	/*
	 * After a fault, continue as long as the host is alive, to see the
	 * worst outcome.
	 */
	sequence.host_dead |= ends[kind] >= (sequence.faulted ? DEATH : BROKEN);
	if (sequence.faulted && listener) {
		char message[sizeof(f->message)];

		va_start(args, format);
		vsnprintf(message, sizeof(message), format, args);
		va_end(args);
		listener(kind, function, line, message);
	}
	sequence.step_findings |= 1U << kind;
	for (uint32_t i = 0; i < r->findings_len; i++)
		if (r->findings[i].signature == signature)
			return;
	if (r->findings_len == PYFUZZ_MAX_FINDINGS)
		return;
	f = &r->findings[r->findings_len++];
	f->kind = kind;
	f->operation = sequence.operation;
	f->step = sequence.step;
	f->line = line;
	f->signature = signature;
	snprintf(f->function, sizeof(f->function), "%s", function);
	va_start(args, format);
	vsnprintf(f->message, sizeof(f->message), format, args);
	va_end(args);
	if (sequence.made_up)
		name_made_up(f->message, sizeof(f->message));
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static struct pyfuzz_slot *slot_of(uint64_t signature)
{
	for (uint32_t i = 0; i < shared->slots_len; i++)
		if (shared->slots[i].signature == signature)
			return &shared->slots[i];
	return NULL;
}

static void slot_store(struct pyfuzz_slot *slot, const struct pyfuzz_finding *f,
		       const uint8_t *data, size_t size)
{
	__atomic_store_n(&slot->lock, slot->lock + 1, __ATOMIC_SEQ_CST);
	slot->kind = f->kind;
	slot->signature = f->signature;
	slot->line = f->line;
	memcpy(slot->function, f->function, sizeof(slot->function));
	memcpy(slot->message, f->message, sizeof(slot->message));
	memcpy(slot->best, data, size);
	slot->best_size = (uint32_t)size;
	__atomic_store_n(&slot->lock, slot->lock + 1, __ATOMIC_SEQ_CST);
}

/* Count this run's findings; returns how many signatures are new. */
int findings_publish(const uint8_t *data, size_t size)
{
	int new = 0;

	for (uint32_t i = 0; i < sequence.result.findings_len; i++) {
		const struct pyfuzz_finding *f = &sequence.result.findings[i];
		struct pyfuzz_slot *slot = slot_of(f->signature);

		if (slot) {
			slot->count++;
			if (size < slot->best_size)
				slot_store(slot, f, data, size);
			continue;
		}
		if (shared->slots_len == PYFUZZ_SLOTS) {
			shared->slots_lost++;
			continue;
		}
		slot = &shared->slots[shared->slots_len];
		slot_store(slot, f, data, size);
		slot->count = 1;
		slot->first_execution = shared->executions;
		slot->first_ns = now_ns();
		__atomic_store_n(&shared->slots_len, shared->slots_len + 1,
				 __ATOMIC_RELEASE);
		new++;
	}
	return new;
}

/*
 * Whether to run a sequence again to find the exact step: always, except for a
 * target that fails this way all the time.
 */
bool findings_worth_precision(size_t size)
{
	static unsigned int spent;

	for (uint32_t i = 0; i < sequence.result.findings_len; i++) {
		struct pyfuzz_slot *slot =
			slot_of(sequence.result.findings[i].signature);

		if (!slot || size < slot->best_size)
			return true;
	}
	return spent++ < 256;
}

void pyfuzz_attach(void *region)
{
	shared = region ? region : &own_region;
	shared->abi = PYFUZZ_ABI;
}

const struct pyfuzz_shared *pyfuzz_shared(void)
{
	return shared;
}

struct pyfuzz_shared *shared_region(void)
{
	return shared;
}

const struct pyfuzz_result *pyfuzz_last(void)
{
	return &sequence.result;
}
