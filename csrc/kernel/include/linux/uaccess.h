/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory is memory of the process and can be read directly. */
#include_next <linux/uaccess.h>
#ifndef PYFUZZ_KERNEL_UACCESS_H
#define PYFUZZ_KERNEL_UACCESS_H

#undef get_user
#define get_user(value, pointer)      \
	({                            \
		(value) = *(pointer); \
		0;                    \
	})
#undef __get_user
#define __get_user(value, pointer)    \
	({                            \
		(value) = *(pointer); \
		0;                    \
	})
#undef put_user
#define put_user(value, pointer)      \
	({                            \
		*(pointer) = (value); \
		0;                    \
	})
#undef __put_user
#define __put_user(value, pointer)    \
	({                            \
		*(pointer) = (value); \
		0;                    \
	})

#endif
