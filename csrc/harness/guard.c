/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way back from the target: BUG(), a fault or a hang ends the operation
 * and not the process.
 *
 * Jumping out is sound because the target is plain C that holds no resource of
 * the process (no lock, no allocation from libc), and because the world is wiped
 * before the next sequence.  A signal outside the target is not ours and goes
 * to the previous handler: one process may have several modules, each with a
 * guard of its own.
 */
#define _GNU_SOURCE /* REG_RIP */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "callbacks.h"
#include "descriptors.h"
#include "findings.h"
#include "guard.h"
#include "sanitizer.h"

sigjmp_buf guard_env;
volatile int guard_armed;

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
#define FAULT_SIGNALS (sizeof(fault_signals) / sizeof(fault_signals[0]))
static struct sigaction previous[FAULT_SIGNALS], previous_tick;
static bool installed;

/*
 * Processor time, so that a busy machine is not taken for a hang.  Building and
 * emptying a list of all 2048 SPTEs, thousands of calls, takes 4 ms of it under
 * AddressSanitizer in the slowest port.
 */
static uint32_t limit_ms = 300;
static timer_t timer;
static uint64_t seen_step;
static const char *seen_function;
static uint64_t seen_ms;
#define HANG_SIGNAL (SIGRTMIN + 7)

PYFUZZ_WEAK void __attribute__((noreturn)) pyfuzz_on_bug(const char *file,
							 unsigned int line,
							 const char *function,
							 const char *condition)
{
	bool to_blame = sequence.mistake || sequence.faulted;

	(void)file;
	guard_armed = 0;
	guard_events();
	/* Dying of an error is a policy; dying without one is another bug. */
	sequence.variant = !to_blame;
	finding(PYFUZZ_HOST_BUG, function, line,
		"%s reached%s: the host would have died", condition,
		to_blame ? "" : " by an operation that is correct");
	siglongjmp(guard_env, 1);
}

static void pass_on(int number, siginfo_t *info, void *context,
		    const struct sigaction *to)
{
	if (to->sa_flags & SA_SIGINFO)
		to->sa_sigaction(number, info, context);
	else if (to->sa_handler == SIG_DFL)
		sigaction(number, to, NULL); /* it is raised again, and kills */
	else if (to->sa_handler != SIG_IGN)
		to->sa_handler(number);
}

static void fault(int number, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	if (!guard_armed) {
		for (size_t i = 0; i < FAULT_SIGNALS; i++)
			if (fault_signals[i] == number)
				pass_on(number, info, context, &previous[i]);
		return;
	}
	guard_armed = 0;
	guard_events();
	if (number == SIGSEGV && address < 4096 && info->si_code != SI_KERNEL)
		finding(PYFUZZ_HOST_FAULT, sequence.function, 0,
			"NULL access: address 0x%lx", (unsigned long)address);
	else
		finding(PYFUZZ_HOST_FAULT, sequence.function, 0,
			"wild access: signal %d", number);
	siglongjmp(guard_env, 1);
}

static uint64_t processor_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#if PYFUZZ_SANITIZE
/* ASan calls us in the middle of a report. */
static volatile bool reporting;
#endif

#if PYFUZZ_SANITIZE && defined(__x86_64__)
/* The range of this module's own code, from the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));
#endif

/*
 * Whether a signal interrupted our own code and not a sanitizer's: a jump out
 * of the middle of a report would leave its lock held forever.
 */
static bool interrupted_ours(const void *context)
{
#if PYFUZZ_SANITIZE && defined(__x86_64__)
	const ucontext_t *uc = context;
	uintptr_t at = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];

	return !reporting && at >= (uintptr_t)__ehdr_start &&
	       at < (uintptr_t)etext;
#else
	(void)context;
	return true;
#endif
}

/* Still in the call that an earlier tick saw, one limit later: a hang. */
static void tick(int number, siginfo_t *info, void *context)
{
	uint64_t step = sequence.result.steps + ((uint64_t)sequence.boot << 32);
	sigset_t again;

	if (previous_tick.sa_flags & SA_SIGINFO)
		pass_on(number, info, context, &previous_tick);
	if (!guard_armed)
		return;
	if (step != seen_step || sequence.function != seen_function) {
		seen_step = step;
		seen_function = sequence.function;
		seen_ms = processor_ms();
		return;
	}
	if (processor_ms() - seen_ms < limit_ms || !interrupted_ours(context))
		return;
	guard_armed = 0;
	guard_events();
	finding(PYFUZZ_HANG, sequence.function, 0,
		"did not end within %u ms of processor time", limit_ms);
	/* The jump would leave the signal blocked. */
	sigemptyset(&again);
	sigaddset(&again, HANG_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &again, NULL);
	siglongjmp(guard_env, 1);
}

static void timer_arm(void)
{
	uint32_t half_ms = limit_ms > 1 ? limit_ms / 2 : 1;
	struct itimerspec spec = {
		.it_interval = { .tv_sec = half_ms / 1000,
				 .tv_nsec = half_ms % 1000 * 1000000L },
	};

	spec.it_value = spec.it_interval;
	timer_settime(timer, 0, &spec, NULL);
}

static void after_fork(void)
{
	installed = false; /* timers are not inherited */
}

void guard_install(void)
{
	static bool fork_watched;
	static uint8_t stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction on_fault = { .sa_sigaction = fault };
	struct sigaction on_tick = { .sa_sigaction = tick };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID };

	if (installed)
		return;
	installed = true;
	if (!fork_watched)
		pthread_atfork(NULL, NULL, after_fork);
	/* SA_NODEFER: the jump out leaves no signal blocked. */
	on_fault.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	/*
	 * Not SA_NODEFER: every module of the process has a timer, and ticks that
	 * are due at once would be stacked on the one alternate stack.
	 */
	on_tick.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < FAULT_SIGNALS; i++)
		sigaction(fault_signals[i], &on_fault,
			  fork_watched ? NULL : &previous[i]);
	sigaction(HANG_SIGNAL, &on_tick, fork_watched ? NULL : &previous_tick);
	fork_watched = true;
	event.sigev_signo = HANG_SIGNAL;
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	if (!timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer))
		timer_arm();
}

void pyfuzz_set_hang_limit(uint32_t milliseconds)
{
	limit_ms = milliseconds ? milliseconds : 1;
	guard_install();
	timer_arm();
}

/*
 * Sanitizers report in the middle of the target, which then continues (recovery
 * is on); the finding is recorded after the call.
 */
static struct {
	bool pending;
	unsigned int line;
	char message[160];
} event;

void guard_events(void)
{
	if (!event.pending)
		return;
	event.pending = false;
	finding(PYFUZZ_HOST_FAULT, sequence.function, event.line, "%s",
		event.message);
}

void guard_forget(void)
{
	event.pending = false;
}

static void event_set(unsigned int line, const char *what, const char *detail)
{
	if (event.pending)
		return;
	event.pending = true;
	event.line = line;
	snprintf(event.message, sizeof(event.message), "%s%s", what, detail);
}

/* The compiler's own layout, which the kernel's lib/ubsan.c reads, too. */
struct ubsan_location {
	const char *file;
	uint32_t line;
	uint32_t column;
};
struct ubsan_type {
	uint16_t kind;
	uint16_t info;
	char name[];
};
struct ubsan_out_of_bounds {
	struct ubsan_location location;
	const struct ubsan_type *array;
	const struct ubsan_type *index;
};

/*
 * -fsanitize=bounds calls this; ours is hidden in the module, so that no
 * runtime is needed and every flavour can be built with it.
 */
void __ubsan_handle_out_of_bounds(struct ubsan_out_of_bounds *data,
				  uintptr_t index);
void __ubsan_handle_out_of_bounds(struct ubsan_out_of_bounds *data,
				  uintptr_t index)
{
	char detail[96];

	snprintf(detail, sizeof(detail), "index %ld of type %s",
		 (long)(int)index, data->array->name);
	event_set(data->location.line,
		  "UBSan: array-index-out-of-bounds: ", detail);
}

#if PYFUZZ_SANITIZE
static void asan_report(const char *text)
{
	static const char mark[] = "AddressSanitizer: ";
	const char *start = strstr(text, mark);
	char class[64] = "unknown";

	reporting = true;
	if (start)
		sscanf(start + sizeof(mark) - 1, "%63s", class);
	event_set(0, "AddressSanitizer: ", class);
	/* One is enough: a loop over freed memory would report for minutes. */
	descriptors_unpoison();
	reporting = false;
}

static void __attribute__((constructor)) asan_listen(void)
{
	__asan_set_error_report_callback(asan_report);
}
#endif
