/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the C library has in an archive that is linked into each shared object
 * (libc_nonshared.a) and not in libc.so: a linker that is only given the
 * libraries of the running process (pyfuzz/module/linker.py) has no archive.
 * Weak, so that the library's own come first where there are any.
 */
#include <stddef.h>

#define OURS __attribute__((weak, visibility("hidden")))

int __register_atfork(void (*prepare)(void), void (*parent)(void),
		      void (*child)(void), void *object);
int pthread_atfork(void (*prepare)(void), void (*parent)(void),
		   void (*child)(void));

/* Its address stands for this shared object. */
OURS void *__dso_handle = &__dso_handle;

OURS int pthread_atfork(void (*prepare)(void), void (*parent)(void),
			void (*child)(void))
{
	return __register_atfork(prepare, parent, child, &__dso_handle);
}
