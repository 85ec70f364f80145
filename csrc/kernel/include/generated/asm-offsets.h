/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes of table entries that the kernel's build computes; the tables are unused. */
#define EXTABLE_SIZE 12
#define ALT_INSTR_SIZE 14
