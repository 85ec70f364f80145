/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings: recorded once per sequence and signature, counted per process in
 * the shared region, where a supervisor reads them; and the target's log.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "world.h"

static struct pyfuzz_shared own_region = { .abi = PYFUZZ_ABI };
static struct pyfuzz_shared *shared = &own_region;

/* What is left of the world afterwards cannot be relied on. */
bool kind_is_destructive(enum pyfuzz_kind kind)
{
	switch (kind) {
	case PYFUZZ_HOST_BUG:
	case PYFUZZ_HOST_FAULT:
	case PYFUZZ_HANG:
	case PYFUZZ_LOST_ENTRY:
	case PYFUZZ_GHOST_ENTRY:
	case PYFUZZ_SHAPE:
	case PYFUZZ_LEAK:
	case PYFUZZ_DOUBLE_FREE:
	case PYFUZZ_TEARDOWN:
	case PYFUZZ_STALE_SPTE:
		return true;
	default:
		return false;
	}
}

/*
 * After a fault the sequence goes on as long as the host does, to see the
 * worst of it (containment.c).
 */
static bool kind_is_death(enum pyfuzz_kind kind)
{
	return kind == PYFUZZ_HOST_BUG || kind == PYFUZZ_HOST_FAULT ||
	       kind == PYFUZZ_HANG;
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

void finding(enum pyfuzz_kind kind, const char *function, unsigned int line,
	     const char *format, ...)
{
	struct pyfuzz_result *r = &world.result;
	uint64_t signature;
	struct pyfuzz_finding *f;
	va_list args;

	if (!function)
		function = "";
	signature = signature_of(kind, function, line + (world.variant << 24));
	world.variant = 0;
	world.host_dead |= world.faulted ? kind_is_death(kind) :
					   kind_is_destructive(kind);
	if (world.faulted) {
		char message[sizeof(f->message)];

		va_start(args, format);
		vsnprintf(message, sizeof(message), format, args);
		va_end(args);
		containment_finding(kind, function, line, message);
	}
	if (world.report)
		world.report->findings |= 1U << kind;
	for (uint32_t i = 0; i < r->findings_len; i++)
		if (r->findings[i].signature == signature)
			return;
	if (r->findings_len == PYFUZZ_MAX_FINDINGS)
		return;
	f = &r->findings[r->findings_len++];
	f->kind = kind;
	f->operation = world.operation;
	f->step = world.step;
	f->line = line;
	f->signature = signature;
	snprintf(f->function, sizeof(f->function), "%s", function);
	va_start(args, format);
	vsnprintf(f->message, sizeof(f->message), format, args);
	va_end(args);
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

	for (uint32_t i = 0; i < world.result.findings_len; i++) {
		const struct pyfuzz_finding *f = &world.result.findings[i];
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
 * Is it worth running a sequence again to find the exact step?  Always, but
 * for a target that fails this way all the time.
 */
bool findings_worth_precision(size_t size)
{
	static unsigned int spent;

	for (uint32_t i = 0; i < world.result.findings_len; i++) {
		struct pyfuzz_slot *slot =
			slot_of(world.result.findings[i].signature);

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
	return &world.result;
}

/*
 * The log.  Lines are counted by site (where in the target's source); their
 * text is kept only when somebody looks at the steps one by one.
 */
#define SITES 64
#define KEPT_LINES 4096
#define KEPT_LENGTH 160

static struct {
	const char *format;	/* one line may print two of them */
	unsigned int line;
	unsigned int boot;
	unsigned int lines;
	const char *function;
} sites[SITES];
static unsigned int sites_len;
static char kept[KEPT_LINES][KEPT_LENGTH];
static uint32_t kept_len;

void log_begin(void)
{
	kept_len = 0;
}

void pyfuzz_on_print(const char *file, unsigned int line, const char *function,
		     const char *format, ...)
{
	unsigned int i = 0;
	va_list args;

	world.lines++;
	if (world.report)
		world.report->log_lines++;
	(void)file;
	while (i < sites_len &&
	       (sites[i].line != line || sites[i].format != format))
		i++;
	if (i == sites_len && sites_len < SITES)
		sites_len++;
	if (i < SITES) {
		if (sites[i].boot != world.boot)
			sites[i].lines = 0;
		sites[i].boot = world.boot;
		sites[i].format = format;
		sites[i].line = line;
		sites[i].function = function;
		sites[i].lines++;
	}
	if (!world.keep_log || kept_len == KEPT_LINES)
		return;
	va_start(args, format);
	vsnprintf(kept[kept_len++], KEPT_LENGTH, format, args);
	va_end(args);
}

/*
 * The log must not grow with the number of errors: a site may speak once, or
 * once for each VM that was bugged.
 */
void check_log(void)
{
	unsigned int allowed = world.bugged_total > 1 ? world.bugged_total : 1;

	if (world.faulted)
		return;
	for (unsigned int i = 0; i < sites_len; i++)
		if (sites[i].boot == world.boot && sites[i].lines > allowed)
			finding(PYFUZZ_LOG_FLOOD, sites[i].function,
				sites[i].line,
				"%u lines from one place in the log, at most %u for %u bugged VMs",
				sites[i].lines, allowed, world.bugged_total);
}

const char *pyfuzz_log_line(uint32_t i)
{
	return i < kept_len ? kept[i] : NULL;
}
