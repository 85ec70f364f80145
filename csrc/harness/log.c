/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target's log.  Lines are counted by site (where in the target's source);
 * their text is kept only when a sequence is run step by step.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "callbacks.h"
#include "findings.h"
#include "log.h"

#define SITES LOG_SITES
#define KEPT_LINES 4096
#define KEPT_LENGTH 160

static struct {
	const char *format; /* one line may print two of them */
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

/* Not the line: it moves with every change above it. */
static void remember(const char *function, const char *format)
{
	uint64_t hash = sequence.step_log ^ 0xcbf29ce484222325ULL;

	for (const char *p = function; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3ULL;
	for (const char *p = format; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3ULL;
	sequence.step_log = hash;
	sequence.logged = format;
	sequence.logged_by = function;
}

static unsigned int site_at(const char *format, unsigned int line)
{
	unsigned int i = 0;

	while (i < sites_len &&
	       (sites[i].line != line || sites[i].format != format))
		i++;
	if (i == sites_len && sites_len < SITES) {
		sites_len++;
		sites[i].format = format;
		sites[i].line = line;
		sites[i].function = "";
	}
	return i;
}

PYFUZZ_WEAK void pyfuzz_on_print(const char *file, unsigned int line,
				 const char *function, const char *format, ...)
{
	unsigned int i;
	va_list args;

	sequence.lines++;
	sequence.step_lines++;
	(void)file;
	if (sequence.compared)
		remember(function, format);
	i = site_at(format, line);
	if (i < SITES) {
		if (sites[i].boot != sequence.boot)
			sites[i].lines = 0;
		sites[i].boot = sequence.boot;
		sites[i].function = function;
		sites[i].lines++;
	}
	if (!sequence.keep_log || kept_len == KEPT_LINES)
		return;
	va_start(args, format);
	vsnprintf(kept[kept_len++], KEPT_LENGTH, format, args);
	va_end(args);
}

unsigned int log_lines(uint8_t *lines)
{
	for (unsigned int i = 0; i < sites_len; i++) {
		unsigned int n =
			sites[i].boot == sequence.boot ? sites[i].lines : 0;

		lines[i] = (uint8_t)(n < 255 ? n : 255);
	}
	return sites_len;
}

void log_set(const uint8_t *lines)
{
	for (unsigned int i = 0; i < sites_len; i++) {
		sites[i].boot = sequence.boot;
		sites[i].lines = lines[i];
	}
}

/* A site in a state: the same in every process, whatever was printed there before. */
struct printed {
	int64_t format; /* from a place in this module */
	uint32_t line;
	uint32_t lines;
};

static bool before(const struct printed *one, const struct printed *other)
{
	return one->line != other->line ? one->line < other->line :
					  one->format < other->format;
}

uint8_t *log_encode(uint8_t *out, unsigned int most)
{
	struct printed printed[SITES];
	unsigned int n = 0;

	for (unsigned int i = 0; i < sites_len; i++) {
		unsigned int at = n;
		struct printed one;

		if (sites[i].boot != sequence.boot || !sites[i].lines)
			continue;
		one.format = sites[i].format - (const char *)&sequence;
		one.line = sites[i].line;
		one.lines = sites[i].lines < most ? sites[i].lines : most;
		for (; at && before(&one, &printed[at - 1]); at--)
			printed[at] = printed[at - 1];
		printed[at] = one;
		n++;
	}
	*out++ = (uint8_t)n;
	memcpy(out, printed, n * sizeof(*printed));
	return out + n * sizeof(*printed);
}

const uint8_t *log_decode(const uint8_t *in)
{
	unsigned int n = *in++;

	for (unsigned int i = 0; i < sites_len; i++)
		sites[i].lines = 0;
	for (; n--; in += sizeof(struct printed)) {
		struct printed one;
		unsigned int i;

		memcpy(&one, in, sizeof(one));
		i = site_at((const char *)&sequence + one.format, one.line);
		if (i == SITES)
			continue;
		sites[i].boot = sequence.boot;
		sites[i].lines = one.lines;
	}
	return in;
}

/*
 * The log must not grow with the number of errors: a site may print once, or
 * once for each VM that was bugged.
 */
void log_check(unsigned int bugged)
{
	unsigned int allowed = bugged > 1 ? bugged : 1;

	if (sequence.faulted)
		return;
	for (unsigned int i = 0; i < sites_len; i++)
		if (sites[i].boot == sequence.boot && sites[i].lines > allowed)
			finding(PYFUZZ_LOG_FLOOD, sites[i].function,
				sites[i].line,
				"%u lines from one place in the log, at most %u for %u bugged VMs",
				sites[i].lines, allowed, bugged);
}

const char *pyfuzz_log_line(uint32_t i)
{
	return i < kept_len ? kept[i] : NULL;
}
