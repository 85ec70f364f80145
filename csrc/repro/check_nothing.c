/* SPDX-License-Identifier: GPL-2.0-only */
/* For failures that end the program or are checked where they happen. */
static void check(unsigned int vm, bool error)
{
	(void)vm;
	(void)error;
}
