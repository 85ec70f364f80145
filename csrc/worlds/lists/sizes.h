/* SPDX-License-Identifier: GPL-2.0-only */
/* The host as the lists world models it, and other worlds on its targets. */
#ifndef PYFUZZ_LISTS_SIZES_H
#define PYFUZZ_LISTS_SIZES_H

#define PYFUZZ_VMS 4
#define PYFUZZ_VCPUS 2
#define PYFUZZ_FRAME_HEADS 16
#define PYFUZZ_PARENT_HEADS 4
#define PYFUZZ_HEADS 20
#define PYFUZZ_SPTES 2048

#endif
