/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel patches its code at boot where it asks for a feature, which needs
 * tables that nobody reads here: ask the bits in boot_cpu_data instead.
 */
#include_next <asm/cpufeature.h>
#ifndef PYFUZZ_KERNEL_CPUFEATURE_H
#define PYFUZZ_KERNEL_CPUFEATURE_H

#undef static_cpu_has
#define static_cpu_has(bit) boot_cpu_has(bit)
#undef cpu_feature_enabled
#define cpu_feature_enabled(bit) boot_cpu_has(bit)

#endif
