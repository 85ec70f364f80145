/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a stand-in gets the kernel's name: as a symbol only.  Kernels declare these
 * functions with different parameters in each generation, and stand-ins that do
 * not use their parameters need not declare them.
 */
#ifndef PYFUZZ_KERNEL_NAMES_H
#define PYFUZZ_KERNEL_NAMES_H

#define STANDIN(type, name, parameters)                       \
	type pyfuzz_standin_##name parameters __asm__(#name); \
	type pyfuzz_standin_##name parameters

#define STANDIN_NOTHING(name)                \
	STANDIN(unsigned long, name, (void)) \
	{                                    \
		return 0;                    \
	}

#endif
