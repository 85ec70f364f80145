/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One trial against a target that may be a mutant: libFuzzer (or random inputs)
 * until the first finding that is not known, or until the processor time is
 * used up.  Started by pyfuzz/mutants/trial.py.
 *
 *	driver fuzz BUDGET KINDS KNOWN ARGUMENTS...	libFuzzer
 *	driver random BUDGET KINDS KNOWN SEED		no engine, no coverage
 *	driver digest FILE...				a hash of the states
 *
 * BUDGET is MILLISECONDS/EXECUTIONS, whichever is used up first.  KINDS is a
 * mask of the kinds that count, in hex; KNOWN are lines that do not count: kind,
 * function and message as globs, separated by tabs.  The result is one line on
 * standard output; for an engine that uses standard output itself and takes an
 * abnormal end for a crash (AFL++), it goes to the file PYFUZZ_REPORT, followed
 * by abort().  Everything is counted in the file PYFUZZ_SHARED, if there is one,
 * so that the counts continue when an engine restarts the program.
 */
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "digest.h"
#include "harness/pyfuzz.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv,
			int (*run)(const uint8_t *data, size_t size));

/* In a mutant: 1 once the changed place was executed. */
extern unsigned int pyfuzz_mutant_reached __attribute__((weak));

static uint64_t budget_ns, budget_executions;
static uint32_t kinds;
static char *known;

static uint64_t processor_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void __attribute__((noreturn)) stop(const struct pyfuzz_finding *f)
{
	const struct pyfuzz_shared *shared = pyfuzz_shared();
	const char *report = getenv("PYFUZZ_REPORT");
	FILE *out = report ? fopen(report, "a") : stdout;

	if (!out)
		abort();
	fprintf(out, "%u\t%llu\t%llu\t%llu\t%d\t%s\t%s\n",
		&pyfuzz_mutant_reached ? pyfuzz_mutant_reached : 0,
		(unsigned long long)shared->executions,
		(unsigned long long)shared->steps,
		(unsigned long long)processor_ns(), f ? (int)f->kind : -1,
		f ? f->function : "", f ? f->message : "");
	fflush(out);
	if (report)
		abort();
	_exit(0); /* libFuzzer treats exit() as a crash */
}

static int is_known(const struct pyfuzz_finding *f)
{
	for (char *line = known; *line; line += strlen(line) + 1) {
		char *function = strchr(line, '\t') + 1;
		char *message = strchr(function, '\t') + 1;
		int fits;

		message[-1] = 0;
		fits = strtoul(line, NULL, 10) == f->kind &&
		       !fnmatch(function, f->function, 0) &&
		       !fnmatch(message, f->message, 0);
		message[-1] = '\t';
		if (fits)
			return 1;
	}
	return 0;
}

static int run_one(const uint8_t *data, size_t size)
{
	static unsigned int turn;
	const struct pyfuzz_result *result;

	pyfuzz_fuzz(data, size);
	result = pyfuzz_last();
	for (uint32_t i = 0; i < result->findings_len; i++)
		if ((kinds >> result->findings[i].kind & 1) &&
		    !is_known(&result->findings[i]))
			stop(&result->findings[i]);
	if (++turn == budget_executions ||
	    (!(turn % 32) && processor_ns() > budget_ns))
		stop(NULL);
	return 0;
}

/* Random bytes, as many as a campaign's input usually has. */
static void __attribute__((noreturn)) by_chance(uint64_t seed)
{
	static uint8_t data[256];
	uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15ULL;

	for (;;) {
		for (size_t i = 0; i < sizeof(data); i += sizeof(state)) {
			state ^= state >> 12;
			state ^= state << 25;
			state ^= state >> 27;
			memcpy(data + i, &state, sizeof(state));
		}
		run_one(data, 4 + state % (sizeof(data) - 3));
	}
}

static void attach(const char *path)
{
	int fd = open(path, O_RDWR);
	void *region = mmap(NULL, sizeof(struct pyfuzz_shared),
			    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (region == MAP_FAILED) {
		perror(path);
		exit(2);
	}
	close(fd);
	pyfuzz_attach(region);
}

static int digest_all(char **paths)
{
	static uint8_t data[PYFUZZ_MAX_INPUT];

	for (; *paths; paths++) {
		FILE *file = fopen(*paths, "rb");
		size_t size;

		if (!file)
			return 2;
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
		printf("%016llx\n",
		       (unsigned long long)pyfuzz_digest(data, size));
	}
	return 0;
}

int main(int argc, char **argv)
{
	char *end;

	if (argc >= 2 && !strcmp(argv[1], "digest"))
		return digest_all(argv + 2);
	if (argc < 6)
		return 2;
	if (getenv("PYFUZZ_SHARED"))
		attach(getenv("PYFUZZ_SHARED"));
	budget_ns = strtoull(argv[2], &end, 10) * 1000000ULL;
	budget_executions = *end == '/' ? strtoull(end + 1, NULL, 10) : 0;
	kinds = (uint32_t)strtoul(argv[3], NULL, 16);
	known = calloc(1, strlen(argv[4]) + 2);
	if (!known)
		return 2;
	strcpy(known, argv[4]);
	for (end = known; (end = strchr(end, '\n'));)
		*end++ = 0;
	if (!strcmp(argv[1], "random"))
		by_chance(strtoull(argv[5], NULL, 10));
	argv[4] = argv[0];
	argv += 4;
	argc -= 4;
	return LLVMFuzzerRunDriver(&argc, &argv, run_one);
}
