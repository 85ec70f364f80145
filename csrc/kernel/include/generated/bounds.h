/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's build computes: fields of page flags, which nobody uses here. */
#define NR_PAGEFLAGS 24
#define MAX_NR_ZONES 4
#define NR_CPUS_BITS 0
#define SPINLOCK_SIZE 0
#define LRU_GEN_WIDTH 0
#define __LRU_REFS_WIDTH 0
