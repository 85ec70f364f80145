/* SPDX-License-Identifier: GPL-2.0-only */
/* What failed ends the program by itself, or is looked at where it happens. */
static void check(unsigned int vm, bool error)
{
	(void)vm;
	(void)error;
}
