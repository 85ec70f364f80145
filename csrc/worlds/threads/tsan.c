/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions that -fsanitize=thread calls before each access to memory that
 * others may see.  They are hidden in the module: no runtime is linked, and the
 * process's own, if it has one, is not affected.
 */
#include <string.h>
#include "core.h"

#define EACH_SIZE(X) X(1) X(2) X(4) X(8) X(16)

#define DECLARE(name, n, write, marked)                                    \
	void name##n(void *address);                                       \
	void name##n(void *address)                                        \
	{                                                                  \
		access_bytes((uintptr_t)address, n, write, marked, PLACE); \
	}
#define PLAIN(n)                                                \
	DECLARE(__tsan_read, n, false, false)                   \
	DECLARE(__tsan_write, n, true, false)                   \
	DECLARE(__tsan_read_write, n, true, false)              \
	DECLARE(__tsan_volatile_read, n, false, true)           \
	DECLARE(__tsan_volatile_write, n, true, true)           \
	DECLARE(__tsan_unaligned_read, n, false, false)         \
	DECLARE(__tsan_unaligned_write, n, true, false)         \
	DECLARE(__tsan_unaligned_read_write, n, true, false)    \
	DECLARE(__tsan_unaligned_volatile_read, n, false, true) \
	DECLARE(__tsan_unaligned_volatile_write, n, true, true)
EACH_SIZE(PLAIN)

void __tsan_init(void);
void __tsan_init(void)
{
}

void *__tsan_memset(void *to, int value, size_t size);
void *__tsan_memset(void *to, int value, size_t size)
{
	access_bytes((uintptr_t)to, (unsigned int)size, true, false, PLACE);
	return memset(to, value, size);
}

void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memcpy(void *to, const void *from, size_t size)
{
	access_bytes((uintptr_t)from, (unsigned int)size, false, false, PLACE);
	access_bytes((uintptr_t)to, (unsigned int)size, true, false, PLACE);
	return memcpy(to, from, size);
}

void *__tsan_memmove(void *to, const void *from, size_t size);
void *__tsan_memmove(void *to, const void *from, size_t size)
{
	access_bytes((uintptr_t)from, (unsigned int)size, false, false, PLACE);
	access_bytes((uintptr_t)to, (unsigned int)size, true, false, PLACE);
	return memmove(to, from, size);
}
