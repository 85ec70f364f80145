/* SPDX-License-Identifier: GPL-2.0-only */
/* A site may print once, or once for each VM that was bugged. */
static void check(unsigned int vm, bool error)
{
	unsigned int allowed = bugged_vms > 1 ? bugged_vms : 1;

	(void)vm;
	(void)error;
	for (unsigned int i = 0; i < places_len; i++)
		if (places[i].times > allowed)
			failed(PROPERTY,
			       "%u lines from one place in %s(), at most %u for %u bugged VMs",
			       places[i].times, places[i].function, allowed,
			       bugged_vms);
}
