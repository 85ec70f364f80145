/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canonical form:
 *
 *	header	once-a-boot places, lines of each place, VMs bugged
 *	VM	the model of it; the host's page sizes and replaced frames; entries of
 *		the guest's tables and which of them KVM was not told of
 *	object	kind, owner, size; whose entries its words stand for; of a table its
 *		header and which SPTEs were synced since the guest's entry was
 *		changed; its words that are not 0 (nor an empty SPTE), of data those
 *		that are not as in the first state, without what only counts
 *
 * The objects are the target's own data and then every allocated one, in the
 * order in which pointers in the ones before lead to them.  A word that is an
 * address of an object, in an SPTE with bits of its own, is written as the number
 * of the object and the rest; one of other data and of functions as its place in
 * this module.  An address of freed memory is only known to be that.
 *
 * With renaming (scope.renamed) also
 *
 *	- what alike.c finds to be alike has the names of the renaming;
 *	- the entries of a list are sorted: the target treats all of a list;
 *	- so are the VM's pages, unless an operation of the scope takes the oldest;
 *	- the gfn that is recorded for an SPTE is left out while that is empty or a link.
 *
 * The audits guard all of these: canonical_decode() with a shuffle chooses other
 * addresses, names and orders, and puts other words where some are left out.
 */
#include <string.h>
#include "harness/list.h"
#include "harness/log.h"
#include "alike.h"
#include "canonical.h"
#include "data.h"
#include "form.h"

bool canonical_can(void)
{
	return pages_target.data[0].size && !pages_target.unsearchable;
}

const char *canonical_cannot(void)
{
	return pages_target.unsearchable;
}

void canonical_first(void)
{
	data_take_base(cells_is_address);
}

void canonical_begin(const struct pyfuzz_scope *scope)
{
	form_begin(scope);
	data_begin();
	alike_begin(scope);
}

/* --- cells to bytes --- */

static uint8_t *write_list(uint8_t *p, const uint8_t *end,
			   const struct cell *cell)
{
	struct entry entries[MAX_ENTRIES];
	uint8_t fills[MAX_LISTED], descriptors = 0;
	uint16_t n = 0;

	if (!(cell->word & LIST_MANY)) {
		if (!object_entry(cell->word & ~7ULL, &entries[n++]))
			return NULL;
	} else {
		const uint8_t *desc = cells_descriptor(cell->word);

		for (; desc; desc = list_more(desc)) {
			uint64_t fill = list_fill(desc);

			fills[descriptors++] = (uint8_t)fill;
			for (uint64_t i = 0; i < fill; i++) {
				uint64_t *sptep = list_slots(desc)[i];
				struct entry entry;
				uint16_t to = n++;

				if (!object_entry((uintptr_t)sptep, &entry))
					return NULL;
				for (; to &&
				       (entries[to - 1].number > entry.number ||
					(entries[to - 1].number == entry.number &&
					 entries[to - 1].position >
						 entry.position));
				     to--)
					entries[to] = entries[to - 1];
				entries[to] = entry;
			}
		}
	}
	if (p + GUARD_BYTES + descriptors + n * sizeof(*entries) > end)
		return NULL;
	*p++ = (uint8_t)(cell->word & 7);
	*p++ = descriptors;
	p = put(p, &cell->number, sizeof(cell->number));
	p = put(p, fills, descriptors);
	p = put(p, &n, sizeof(n));
	return put(p, entries, n * sizeof(*entries));
}

static uint8_t *write_cell(uint8_t *p, const uint8_t *end,
			   const struct cell *cell)
{
	uint16_t offset = cell->offset;

	*p++ = cell->token;
	switch (cell->token) {
	case WORD_SMALL:
		*p++ = (uint8_t)cell->word;
		return p;
	case WORD_AT:
	case WORD_SPTE:
		p = put(p, &cell->number, sizeof(cell->number));
		p = put(p, &offset, sizeof(offset));
		return cell->token == WORD_AT ?
			       p :
			       put(p, &cell->word, sizeof(cell->word));
	case WORD_FREED:
	case WORD_FREED_SPTE:
		*p++ = (uint8_t)cell->number;
		p = put(p, &offset, sizeof(offset));
		return cell->token == WORD_FREED ?
			       p :
			       put(p, &cell->word, sizeof(cell->word));
	case WORD_BLANK:
		*p++ = (uint8_t)(cell->kind | cell->owner << 4);
		return put(p, &cell->size, sizeof(cell->size));
	case WORD_BLANK_AGAIN:
		p = put(p, &cell->number, sizeof(cell->number));
		p = put(p, &offset, sizeof(offset));
		return put(p, &cell->word, sizeof(cell->word));
	case WORD_LIST:
		return write_list(p, end, cell);
	default:
		return put(p, &cell->word, sizeof(cell->word));
	}
}

static uint8_t moved_mask(const struct known *object)
{
	uint8_t mask = synced_mask(object->owner,
				   (const uint64_t *)(void *)object->address);
	uint8_t out = 0;

	for (unsigned int i = 0; mask && i < PYFUZZ_USED_ENTRIES; i++)
		if (mask >> i & 1)
			out |= (uint8_t)(1U << alike_position(object->table, i));
	return out;
}

static uint8_t *write_object(uint8_t *p, const uint8_t *end, uint32_t n)
{
	const struct known *object = &objects[n];
	uint32_t i = cells_of[n];
	uint16_t last = NO_WORD;

	if (p + GUARD_BYTES > end)
		return NULL;
	*p++ = object->kind;
	*p++ = object->owner;
	*p++ = object->part;
	*p++ = (uint8_t)object->table;
	p = put(p, &object->size, sizeof(object->size));
	if (object->kind == PAGES_SPT) {
		p = write_cell(p, end, &cells[i++]);
		*p++ = moved_mask(object);
	}
	for (; i < cells_of[n + 1]; i++) {
		if (p + GUARD_BYTES > end)
			return NULL;
		p = put(p, &cells[i].position, sizeof(cells[i].position));
		p = write_cell(p, end, &cells[i]);
		if (!p)
			return NULL;
	}
	/* The bytes behind the last word. */
	p = put(p, &last, sizeof(last));
	return put(p, object->address + object->size / 8 * 8, object->size % 8);
}

static uint8_t *write_header(uint8_t *p)
{
	*p++ = (uint8_t)world.bugged_total;
	return once_encode(log_encode(p, 255));
}

static uint8_t *write_vm(uint8_t *p, unsigned int vm)
{
	uint8_t *sizes, *times;

	*p++ = world.vms[vm].alive;
	if (!world.vms[vm].alive)
		return p;
	p = put(p, &world.vms[vm], sizeof(world.vms[vm]));
	host_state(vm, &sizes, &times);
	p = put(p, sizes, HOST_REGIONS);
	p = put(p, times, PYFUZZ_FRAMES);
	for (unsigned int i = 0; i < GUEST_WORDS; i++) {
		struct guest_word word = alike_guest_word(vm, i);
		uint64_t entry = vm ? *word.entry : alike_entry(*word.entry);

		if (!*word.entry && !*word.unheard_at)
			continue;
		*p++ = (uint8_t)(i + 1);
		*p++ = *word.unheard_at != 0;
		p = put(p, &entry, sizeof(entry));
	}
	*p++ = 0;
	return p;
}

uint32_t canonical_encode(uint8_t *out, bool mapped)
{
	const uint8_t *end = out + SPACE_STATE - GUARD_BYTES;
	bool sorted = order_sort(), whole;
	const struct pages_page *pages;
	uint32_t n;
	uint8_t *p = out;

	(void)mapped;
	pages = objects_collect(&n);
	alike_choose(pages, n);
	whole = cells_scan();
	if (sorted)
		order_put_back();
	if (!whole)
		return 0;
	p = write_header(p);
	for (unsigned int vm = 0; vm < PAGES_VMS; vm++)
		p = write_vm(p, vm);
	for (uint32_t i = 0; p && i < objects_len; i++)
		p = write_object(p, end, i);
	return p ? (uint32_t)(p - out) : 0;
}
