/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variables of the kernel go where all of them go (sections.h), so that one can
 * tell where they are; what a kernel's linker script does with sections of
 * their own does not matter here.
 */
#include_next <linux/compiler_attributes.h>
#ifndef PYFUZZ_KERNEL_COMPILER_ATTRIBUTES_H
#define PYFUZZ_KERNEL_COMPILER_ATTRIBUTES_H

#undef __section
#define __section(section)

#endif
