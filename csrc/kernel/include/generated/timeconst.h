/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's build computes from CONFIG_HZ; there is no clock here. */
#define HZ_TO_MSEC_MUL32 0
#define HZ_TO_MSEC_ADJ32 0
#define HZ_TO_MSEC_SHR32 0
#define MSEC_TO_HZ_MUL32 0
#define MSEC_TO_HZ_ADJ32 0
#define MSEC_TO_HZ_SHR32 0
#define HZ_TO_MSEC_NUM 4
#define HZ_TO_MSEC_DEN 1
#define MSEC_TO_HZ_NUM 1
#define MSEC_TO_HZ_DEN 4
#define HZ_TO_USEC_NUM 4000
#define HZ_TO_USEC_DEN 1
#define USEC_TO_HZ_NUM 1
#define USEC_TO_HZ_DEN 4000
#define HZ_TO_NSEC_NUM 4000000
#define HZ_TO_NSEC_DEN 1
#define NSEC_TO_HZ_NUM 1
#define NSEC_TO_HZ_DEN 4000000
