/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canonical form.  A state is a header, then its VMs, each with its lists;
 * interchangeable things are sorted, so that their numbers do not matter.
 *
 *	header	VMs bugged since the boot; once-a-boot places; lines of each place
 *	VM	flags, requests of its vCPUs, the cache's level (scope.caches), lists
 *	list	the head's word, then the words of its descriptors
 *
 * A word takes one byte if it has its expected value, as it nearly always does.
 * Entries and descriptors are numbered in the order of the walk.
 */
#include <string.h>
#include "harness/descriptors.h"
#include "harness/list.h"
#include "harness/log.h"
#include "canonical.h"

#define LIST_BYTES 16384

struct view view;
struct pyfuzz_scope scope;
unsigned int touched = PYFUZZ_SPTES;

static const struct pyfuzz_target *const target = &pyfuzz_target;

/*
 * The names of SPTEs for two modules: the first one to encode gives them, in
 * the order in which it meets the SPTEs.
 */
#define NAMELESS UINT16_MAX
static uint16_t own_names[PYFUZZ_VMS * PYFUZZ_SPTES];
static uint16_t *names = own_names;
static unsigned int named[PYFUZZ_VMS];

uint16_t *canonical_names(uint16_t *table)
{
	names = table ? table : own_names;
	return names;
}

static void names_begin(void)
{
	if (names != own_names)
		return;
	memset(own_names, 0xff, sizeof(own_names));
	memset(named, 0, sizeof(named));
}

/* An SPTE that only the second one has in a list keeps its number. */
static unsigned int name_of(unsigned int vm, unsigned int n)
{
	uint16_t *name = &names[vm * PYFUZZ_SPTES + n];

	if (*name == NAMELESS)
		*name = names == own_names ? (uint16_t)named[vm]++ :
					     (uint16_t)(n + PYFUZZ_SPTES);
	return *name;
}

/* An entry; NULL if it cannot be classified. */
static inline uint8_t *encode_entry(uint8_t *p, unsigned int vm,
				    unsigned int head, unsigned int n,
				    struct view_list *list, bool mapped)
{
	const struct vm *m = &world.vms[vm];

	if (m->owner[n] != head ||
	    target->sptes[vm][n] != (PRESENT | (uint64_t)(n + 1) << 12) ||
	    list->count >= PYFUZZ_SPTES)
		return NULL;
	if (head >= PYFUZZ_FRAME_HEADS || target->gfns[vm][n] == head) {
		*p++ = WORD_SPTE;
	} else {
		*p++ = WORD_SPTE_GFN;
		*p++ = target->gfns[vm][n];
	}
	if (scope.renamed != 1) {
		unsigned int name = scope.renamed ? name_of(vm, n) : n;

		*p++ = (uint8_t)name;
		*p++ = (uint8_t)(name >> 8);
	}
	if (mapped)
		list->sptes[list->count] = (uint16_t)n;
	list->count++;
	return p;
}

/* How a state is written: as a form, with its mapping, or with hashes of descriptors. */
enum form { PLAIN, MAPPED, HASHED };

/* The words of a descriptor. */
static inline __attribute__((always_inline)) uint8_t *
encode_words(uint8_t *p, unsigned int vm, unsigned int head,
	     const uint64_t *desc, struct view_list *list, bool mapped)
{
	const struct pyfuzz_traits *t = &pyfuzz_target_traits;
	const uint32_t more = t->more_offset / 8, words = t->descriptor_size / 8;
	const uint64_t sptes = (uint64_t)(uintptr_t)target->sptes[vm];

	for (uint32_t i = 0; i < words && p; i++) {
		uint64_t word = desc[i], offset = word - sptes;

		if (offset < PYFUZZ_SPTES * 8 && !(offset & 7)) {
			p = encode_entry(p, vm, head,
					 (unsigned int)(offset >> 3), list,
					 mapped);
		} else if (!word) {
			*p++ = WORD_ZERO;
		} else if (i == more) {
			*p++ = WORD_MORE;
		} else if (word < 0x80) {
			*p++ = WORD_SMALL | (uint8_t)word;
		} else if (descriptor_is_live((void *)(uintptr_t)word)) {
			return NULL;
		} else {
			*p++ = WORD_RAW;
			memcpy(p, &word, 8);
			p += 8;
		}
	}
	return p;
}

bool canonical_hash(unsigned int vm, unsigned int head, const void *desc,
		    struct hash *hash, unsigned int *entries)
{
	struct view_list list = { 0 };
	uint8_t form[1024], *end;

	_Static_assert(sizeof(form) >= 512 / 8 * 11, "a descriptor fits");
	end = encode_words(form, vm, head, desc, &list, false);
	if (!end)
		return false;
	*hash = hash_of(form, (uint32_t)(end - form));
	*entries += list.count;
	return true;
}

/* Knows hashes of descriptors; NULL: none. */
static descriptor_hasher known;

static uint8_t *put_hash(uint8_t *p, unsigned int vm, unsigned int head,
			 const uint64_t *desc, struct view_list *list)
{
	unsigned int entries = 0;
	struct hash hash;

	if (!(known && known(desc, &hash, &entries)) &&
	    !canonical_hash(vm, head, desc, &hash, &entries))
		return NULL;
	list->count = (uint16_t)(list->count + entries);
	memcpy(p, &hash, sizeof(hash));
	return p + sizeof(hash);
}

static inline __attribute__((always_inline)) uint8_t *
encode_list(uint8_t *p, unsigned int vm, unsigned int head, enum form form)
{
	struct view_list *list = &view.lists[vm][head];
	uint64_t val = *target->heads[vm][head];
	const uint64_t *desc;

	list->count = list->descriptors = 0;
	if (!val) {
		*p++ = WORD_ZERO;
		return p;
	}
	if (!(val & LIST_MANY)) {
		unsigned int n = spte_number(vm, (void *)(uintptr_t)val);

		return n == PYFUZZ_NONE ? NULL :
					  encode_entry(p, vm, head, n, list,
						       form == MAPPED);
	}
	if (pyfuzz_target_traits.locked_heads && (val & LIST_LOCKED))
		return NULL;
	*p++ = WORD_MORE;
	desc = (const uint64_t *)(uintptr_t)(val & ~LIST_MANY);
	for (; desc && p; desc = (const void *)list_more((const void *)desc)) {
		if (!descriptor_is_live(desc) ||
		    list->descriptors > PYFUZZ_SPTES)
			return NULL;
		list->descriptors++;
		p = form == HASHED ? put_hash(p, vm, head, desc, list) :
				     encode_words(p, vm, head, desc, list,
						  form == MAPPED);
	}
	return p;
}

/* Sort what is in buffers by their bytes; order has their indices. */
struct piece {
	uint8_t *data;
	uint32_t size;
	uint8_t number;
};

static void sort(struct piece *pieces, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		struct piece one = pieces[i];
		unsigned int k = i;

		while (k) {
			const struct piece *other = &pieces[k - 1];

			if (other->size < one.size ||
			    (other->size == one.size &&
			     memcmp(other->data, one.data, one.size) <= 0))
				break;
			pieces[k] = pieces[k - 1];
			k--;
		}
		pieces[k] = one;
	}
}

/* The lists from the first of the scope's heads up to the last, sorted. */
static uint8_t *encode_lists(uint8_t *p, unsigned int vm, unsigned int first,
			     unsigned int last, enum form form)
{
	static uint8_t buffers[PYFUZZ_HEADS][LIST_BYTES];
	struct piece pieces[PYFUZZ_HEADS];

	if (scope.renamed != 1 || last - first < 2) {
		for (unsigned int i = first; i < last && p; i++) {
			view.head[vm][i] = (uint8_t)scope_head(i);
			p = form == MAPPED ?
				    encode_list(p, vm, scope_head(i), MAPPED) :
			    form == PLAIN ?
				    encode_list(p, vm, scope_head(i), PLAIN) :
				    encode_list(p, vm, scope_head(i), HASHED);
		}
		return p;
	}
	for (unsigned int i = first; i < last; i++) {
		struct piece *piece = &pieces[i - first];
		uint8_t *end = encode_list(buffers[i], vm, scope_head(i), form);

		if (!end)
			return NULL;
		piece->data = buffers[i];
		piece->size = (uint32_t)(end - buffers[i]);
		piece->number = (uint8_t)scope_head(i);
	}
	sort(pieces, last - first);
	for (unsigned int i = first; i < last; i++) {
		const struct piece *piece = &pieces[i - first];

		view.head[vm][i] = piece->number;
		memcpy(p, piece->data, piece->size);
		p += piece->size;
	}
	return p;
}

static uint8_t vm_flags(unsigned int vm)
{
	const struct vm *m = &world.vms[vm];

	if (!m->alive)
		return 0;
	return ALIVE | (m->expect_bugged ? EXPECT : 0) |
	       (*target->bugged[vm] ? BUGGED : 0) |
	       (*target->dead[vm] ? DEAD : 0);
}

static uint8_t *encode_vm(uint8_t *p, unsigned int vm, enum form form)
{
	*p = vm_flags(vm);
	if (!*p++)
		return p;
	for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
		*p++ = world.requests[vm][i];
	if (vm >= scope.vms)
		return p;
	if (scope.caches)
		*p++ = (uint8_t)*target->nobjs[vm];
	for (int i = 0; i < *target->nobjs[vm]; i++)
		if (!descriptor_is_blank(*target->cache_slot(vm, (unsigned int)i),
					 vm))
			return NULL;
	p = encode_lists(p, vm, 0, scope.frames, form);
	if (p)
		p = encode_lists(p, vm, scope.frames, scope_heads(), form);
	return p;
}

static uint8_t *encode_header(uint8_t *p)
{
	*p++ = (uint8_t)world.bugged_total;
	/* More than one for each VM is wrong, whatever the number. */
	return once_encode(log_encode(p, PYFUZZ_VMS + 1));
}

/* VMs from first to before last, sorted. */
static uint8_t *encode_vms(uint8_t *p, unsigned int first, unsigned int last,
			   enum form form)
{
	static uint8_t buffers[PYFUZZ_VMS][SPACE_STATE / PYFUZZ_VMS];
	struct piece pieces[PYFUZZ_VMS];

	if (scope.renamed != 1 || last - first < 2) {
		for (unsigned int i = first; i < last && p; i++) {
			view.vm[i] = (uint8_t)i;
			p = encode_vm(p, i, form);
		}
		return p;
	}
	for (unsigned int i = first; i < last; i++) {
		struct piece *piece = &pieces[i - first];
		uint8_t *end = encode_vm(buffers[i], i, form);

		if (!end)
			return NULL;
		piece->data = buffers[i];
		piece->size = (uint32_t)(end - buffers[i]);
		piece->number = (uint8_t)i;
	}
	sort(pieces, last - first);
	for (unsigned int i = first; i < last; i++) {
		const struct piece *piece = &pieces[i - first];

		view.vm[i] = piece->number;
		memcpy(p, piece->data, piece->size);
		p += piece->size;
	}
	return p;
}

static uint32_t encode(uint8_t *out, enum form form)
{
	uint8_t *p = encode_header(out);

	if (scope.renamed == 2)
		names_begin();
	view.exact = form == MAPPED;
	p = encode_vms(p, 0, scope.vms, form);
	if (p)
		p = encode_vms(p, scope.vms, PYFUZZ_VMS, form);
	return p ? (uint32_t)(p - out) : 0;
}

uint32_t canonical_encode(uint8_t *out, bool mapped)
{
	return encode(out, mapped ? MAPPED : PLAIN);
}

/* Where entries have names, a descriptor's hash depends on those before it. */
bool canonical_digest(struct hash *hash, bool hashed, descriptor_hasher hasher)
{
	static uint8_t bytes[SPACE_STATE];
	uint32_t size;

	known = hasher;
	size = encode(bytes, hashed && scope.renamed == 1 ? HASHED : PLAIN);
	*hash = hash_of(bytes, size);
	return size;
}

bool canonical_within(void)
{
	for (unsigned int vm = 0; vm < scope.vms; vm++) {
		unsigned int total = 0;

		if (!world.vms[vm].alive)
			continue;
		for (unsigned int i = 0; i < scope_heads(); i++) {
			const struct view_list *list =
				&view.lists[vm][scope_head(i)];

			if (list->count > scope.entries ||
			    (scope.descriptors &&
			     list->descriptors > scope.descriptors))
				return false;
			total += list->count;
		}
		if (total > scope.total)
			return false;
	}
	return true;
}
