/* SPDX-License-Identifier: GPL-2.0-only */
/* Fibers: several stacks in one thread. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core.h"

static void fiber_body(void)
{
	threads.body(fiber_number(threads.current));
	threads.after();
}

#if defined(__x86_64__)
/*
 * Saves the callee-saved registers (System V ABI) on the old stack and restores
 * them from the new one.
 */
void pyfuzz_stack_switch(void **from, void *to);
__asm__(".text\n"
	".hidden pyfuzz_stack_switch\n"
	".globl pyfuzz_stack_switch\n"
	".type pyfuzz_stack_switch, @function\n"
	"pyfuzz_stack_switch:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size pyfuzz_stack_switch, . - pyfuzz_stack_switch\n");

static void first_frame(struct fiber *f)
{
	void **sp = (void **)(f->stack + STACK_SIZE);

	*--sp = NULL; /* the ABI's alignment at a function's start */
	*--sp = (void *)fiber_body;
	for (unsigned int i = 0; i < 6; i++)
		*--sp = NULL;
	f->sp = sp;
}
#else
#include <ucontext.h>
/* On other machines with libc, several times slower: it saves the signal mask, too. */
static ucontext_t contexts[PYFUZZ_FIBERS + 1];

static void pyfuzz_stack_switch(void **from, void *to)
{
	ucontext_t *next = to;
	ucontext_t *self = threads.current ?
				   &contexts[fiber_number(threads.current)] :
				   &contexts[PYFUZZ_FIBERS];

	*from = self;
	swapcontext(self, next);
}

static void first_frame(struct fiber *f)
{
	ucontext_t *context = &contexts[fiber_number(f)];

	getcontext(context);
	context->uc_stack.ss_sp = f->stack;
	context->uc_stack.ss_size = STACK_SIZE;
	context->uc_link = NULL;
	makecontext(context, fiber_body, 0);
	f->sp = context;
}
#endif

static void *main_sp;

/* A guard page below each stack. */
void fibers_init(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (threads.fibers[0].stack)
		return;
	for (unsigned int i = 0; i < PYFUZZ_FIBERS; i++) {
		uint8_t *stack = mmap(NULL, STACK_SIZE + page,
				      PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (stack == MAP_FAILED || mprotect(stack, page, PROT_NONE))
			abort();
		threads.fibers[i].stack = stack + page;
	}
}

void fiber_start(struct fiber *f)
{
	first_frame(f);
}

void fiber_enter(struct fiber *f)
{
	void *to = f->sp;

#if defined(__x86_64__)
	threads.current = f;
	pyfuzz_stack_switch(&main_sp, to);
#else
	threads.current = NULL;
	main_sp = &contexts[PYFUZZ_FIBERS];
	swapcontext(&contexts[PYFUZZ_FIBERS], to);
#endif
	threads.current = NULL;
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
#if defined(__x86_64__)
	threads.current = to;
	pyfuzz_stack_switch(&from->sp, to->sp);
#else
	pyfuzz_stack_switch(&from->sp, to->sp);
	threads.current = from;
#endif
}

/* Return to the main context; the contents of this stack are lost. */
void fiber_leave(void)
{
	void *nowhere;

	pyfuzz_stack_switch(&nowhere, main_sp);
	__builtin_unreachable();
}
