/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the harness and a target of any world.  There are two
 * translation units: the target's (shim, code under test and the world's
 * adapter.h, compiled with coverage) and the harness's (compiled without).  The
 * harness uses no kernel type: it has the traits, raw words at the offsets in
 * them, and the world's own table (target.h of the world).
 */
#ifndef PYFUZZ_CALLBACKS_H
#define PYFUZZ_CALLBACKS_H

#include <stdbool.h>
#include "pyfuzz.h"

/* The one target of this module, filled in by adapter.h. */
extern struct pyfuzz_traits pyfuzz_target_traits;

/*
 * What the shim's instrumented part calls in the harness.  file and line are
 * those of the target's source.  The harness's definitions are weak: a world in
 * which these mean something else has its own.
 */
#define PYFUZZ_WEAK __attribute__((weak))
void __attribute__((noreturn)) pyfuzz_on_bug(const char *file, unsigned int line,
					     const char *function,
					     const char *condition);
/* One line of the log. */
void pyfuzz_on_print(const char *file, unsigned int line, const char *function,
		     const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * The target has called a function that the extractor made up, which returns 0:
 * a finding of this sequence may depend on that, and says so.  Returns whether
 * this is new in the sequence.
 */
bool pyfuzz_on_made_up(const char *name);
/* Whether a "once a boot" site may fire; state is its static word. */
bool pyfuzz_once(unsigned int *state);

/* The descriptor allocator (descriptors.c). */
void *pyfuzz_descriptor_alloc(unsigned int vm);
void pyfuzz_descriptor_free(void *descriptor);
/* The same by the target, which names the slab that it takes it to be from. */
void pyfuzz_descriptor_free_to(bool own_slab, void *descriptor);

/* The same for the world. */
void pyfuzz_on_request(unsigned int vm, unsigned int vcpu, unsigned int request);
/* The running VM and vCPU, or PYFUZZ_NONE in a kworker. */
unsigned int pyfuzz_running_vm(void);
unsigned int pyfuzz_running_vcpu(void);

#endif
