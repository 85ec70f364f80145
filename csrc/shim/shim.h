/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as a target sees it: three kinds of stand-in, by duty.  Review them
 * differently: noop.h is safe to ignore, mirror.h must mean the same as the
 * kernel's declarations, instrumented.h is ours and comes first.  threads.h is
 * like instrumented.h, for one flavour.
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
