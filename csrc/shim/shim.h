/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a target sees of the kernel: three kinds of stand-in, by duty.  Judge
 * them apart: noop.h is safe to ignore, mirror.h must mean what the kernel's
 * declaration means, instrumented.h is ours and is to be reviewed first.
 * threads.h is of one flavour, and as instrumented.h is.
 */
#ifndef PYFUZZ_SHIM_H
#define PYFUZZ_SHIM_H

#include "noop.h"
#include "mirror.h"
#include "instrumented.h"
#ifdef PYFUZZ_THREADS
#include "threads.h"
#endif

#endif
