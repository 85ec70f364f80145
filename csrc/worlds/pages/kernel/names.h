/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a stand-in takes the kernel's name: by the symbol only.  Kernels declare
 * these functions with other parameters from one generation to the next; what
 * is not looked at here need not be declared here.
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
