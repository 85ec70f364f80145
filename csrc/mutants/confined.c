/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Confines itself and executes a program, whose constructors run before its
 * main():
 *
 *	confined RULESET FILTER PROGRAM ARGUMENTS...
 *
 * RULESET is the file descriptor of a Landlock ruleset, FILTER that of a file
 * with a seccomp filter, both made by pyfuzz/module/confine.py; -1: this machine
 * has none.  In the filter, PYFUZZ_SELF stands for the process.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PYFUZZ_SELF 0xffffffff
#define LANDLOCK_RESTRICT_SELF 446
#define SECCOMP_MODE_FILTER 2
#define NO_NEW_PRIVS 38
#define MAX_LENGTH 4096
#define MAX_FILE_BYTES (64UL << 20)

/* include/uapi/linux/filter.h, which a machine may lack. */
struct instruction {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t value;
};

static void __attribute__((noreturn)) fail(const char *what)
{
	perror(what);
	_exit(126);
}

static void filter_calls(int fd)
{
	static struct instruction code[MAX_LENGTH];
	struct {
		uint16_t length;
		struct instruction *code;
	} program = { 0, code };
	ssize_t size = pread(fd, code, sizeof(code), 0);

	if (size <= 0 || size % (ssize_t)sizeof(*code))
		fail("the filter");
	program.length = (uint16_t)((size_t)size / sizeof(*code));
	for (unsigned int i = 0; i < program.length; i++)
		if (code[i].value == PYFUZZ_SELF)
			code[i].value = (uint32_t)getpid();
	close(fd);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		fail("seccomp");
}

int main(int argc, char **argv)
{
	const struct rlimit size = { MAX_FILE_BYTES, MAX_FILE_BYTES };
	int ruleset, filter;

	if (argc < 4)
		return 126;
	ruleset = atoi(argv[1]);
	filter = atoi(argv[2]);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) ||
	    prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("prctl");
	if (setrlimit(RLIMIT_FSIZE, &size))
		fail("setrlimit");
	if (ruleset >= 0) {
		if (syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0))
			fail("landlock");
		close(ruleset);
	}
	if (filter >= 0)
		filter_calls(filter);
	execv(argv[3], argv + 3);
	fail(argv[3]);
}
