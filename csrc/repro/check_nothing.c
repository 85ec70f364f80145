/* SPDX-License-Identifier: GPL-2.0-only */
/* The failure ends the program, or is checked where it happens. */
static void check(unsigned int vm, bool error)
{
	(void)vm;
	(void)error;
}
