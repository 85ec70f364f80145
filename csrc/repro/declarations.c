/* SPDX-License-Identifier: GPL-2.0-only */
/* What the shim calls; the definitions follow the code under test. */
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* The shim has its own, equal one. */
#undef __always_inline

/* A target does not use all of the shim. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#define PYFUZZ_VMS 4
#define PYFUZZ_VCPUS 2
#define PYFUZZ_FRAME_HEADS 16
#define PYFUZZ_PARENT_HEADS 4
#define PYFUZZ_HEADS 20
#define PYFUZZ_SPTES 2048
#define PYFUZZ_NONE 65535
#define PYFUZZ_RECYCLE_THRESHOLD 1000

static void __attribute__((noreturn)) pyfuzz_on_bug(const char *file,
						    unsigned int line,
						    const char *function,
						    const char *condition);
static void pyfuzz_on_print(const char *file, unsigned int line,
			    const char *function, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static inline bool pyfuzz_on_made_up(const char *name)
{
	printf("  made up: %s() returns 0\n", name);
	return false;
}
static bool pyfuzz_once(unsigned int *state);
static void pyfuzz_on_request(unsigned int vm, unsigned int vcpu,
			      unsigned int request);
static void *pyfuzz_descriptor_alloc(unsigned int vm);
static void pyfuzz_descriptor_free(void *descriptor);
static void pyfuzz_descriptor_free_to(bool own_slab, void *descriptor);
static unsigned int pyfuzz_running_vm(void);
static unsigned int pyfuzz_running_vcpu(void);
