/* SPDX-License-Identifier: GPL-2.0-only */
/* libFuzzer's atexit(); see csrc/harness/libc.c. */

#define OURS __attribute__((weak, visibility("hidden")))

int __cxa_atexit(void (*function)(void *), void *argument, void *object);
int atexit(void (*function)(void));

OURS void *__dso_handle = &__dso_handle;

OURS int atexit(void (*function)(void))
{
	return __cxa_atexit((void (*)(void *))function, (void *)0,
			    &__dso_handle);
}
