/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A head's value: 0, or an SPTE's address, or a descriptor's with bit 0 set.
 * The port defines struct pte_list_desc first.
 */
#ifndef PYFUZZ_PORTS_ENCODING_H
#define PYFUZZ_PORTS_ENCODING_H

#define RMAP_MANY BIT(0)

static inline struct pte_list_desc *rmap_desc(unsigned long val)
{
	return (struct pte_list_desc *)(val & ~RMAP_MANY);
}

static inline unsigned long rmap_many(struct pte_list_desc *desc)
{
	return (unsigned long)desc | RMAP_MANY;
}

#endif
