/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included by the compiler's command line, before anything else: all variables of
 * a kernel's files and of ours beside them, those in functions too, are in two
 * sections whose bounds the linker gives.  They are what pyfuzz exhaust takes for
 * a state.  Once-a-boot words (asm-generic/bug.h) are the harness's.
 */
#pragma clang section bss = "pyfuzz_bss" data = "pyfuzz_data"
