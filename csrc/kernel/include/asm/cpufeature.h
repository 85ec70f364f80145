/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel patches feature tests at boot, using tables that nothing reads
 * here: test the bits in boot_cpu_data instead.
 */
#include_next <asm/cpufeature.h>
#ifndef PYFUZZ_KERNEL_CPUFEATURE_H
#define PYFUZZ_KERNEL_CPUFEATURE_H

#undef static_cpu_has
#define static_cpu_has(bit) boot_cpu_has(bit)
#undef cpu_feature_enabled
#define cpu_feature_enabled(bit) boot_cpu_has(bit)

#endif
