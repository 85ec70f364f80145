/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking the target's lists without trusting them, and printing them. */
/* The entries of a list, and what is broken after how many of them. */
struct walk {
	unsigned int len, descriptors, broken_at;
	u64 *sptes[2 * PYFUZZ_SPTES];
	const char *broken;
};

static void broken(struct walk *w, const char *what)
{
	if (w->broken)
		return;
	w->broken = what;
	w->broken_at = w->len;
}

static unsigned int fill_of(const struct pte_list_desc *desc)
{
	unsigned int fill = 0;

#ifdef PYFUZZ_SPTE_COUNT
	(void)fill;
	return (unsigned int)desc->PYFUZZ_SPTE_COUNT;
#else
	while (fill < PYFUZZ_CAPACITY && desc->PYFUZZ_ENTRIES[fill])
		fill++;
	return fill;
#endif
}

static void walk_descriptors(struct pte_list_desc *desc, struct walk *w)
{
	for (; desc; desc = desc->PYFUZZ_MORE) {
		unsigned int fill;

		if (!is_live(desc)) {
			broken(w, "a descriptor in it is freed or invalid");
			return;
		}
		if (w->descriptors++ == descriptors_live) {
			w->broken = "it is a cycle";
			w->broken_at = 0;
			return;
		}
		fill = fill_of(desc);
		if (!fill || fill > PYFUZZ_CAPACITY) {
			broken(w, "a descriptor in it has a count out of range");
			return;
		}
		for (unsigned int i = 0; i < PYFUZZ_CAPACITY; i++) {
			u64 *sptep = desc->PYFUZZ_ENTRIES[i];

			if (i < fill && !sptep)
				broken(w, "a used slot in it is NULL");
			else if (i >= fill && sptep)
				broken(w, "a free slot in it is not NULL");
			else if (sptep && w->len < 2 * PYFUZZ_SPTES)
				w->sptes[w->len++] = sptep;
		}
	}
}

#ifdef PYFUZZ_TAIL_COUNT
static void check_tails(struct pte_list_desc *desc, struct walk *w)
{
	unsigned int behind = w->len;

	for (bool first = true; desc && !w->broken; first = false) {
		behind -= fill_of(desc);
		if (desc->PYFUZZ_TAIL_COUNT != behind)
			broken(w, "a tail count in it is wrong");
		if (!first && fill_of(desc) != PYFUZZ_CAPACITY)
			broken(w, "a descriptor behind the first is not full");
		desc = desc->PYFUZZ_MORE;
	}
}
#endif

static void walk_list(unsigned int vm, unsigned int head, struct walk *w)
{
	unsigned long word = head_word(vm, head);
	struct pte_list_desc *desc;

	w->len = w->descriptors = 0;
	w->broken = NULL;
#ifdef PYFUZZ_LOCKED_HEADS
	if (word & 2)
		broken(w, "it is left locked");
	word &= ~2UL;
#endif
	if (word && !(word & 1))
		w->sptes[w->len++] = (u64 *)word;
	if (!(word & 1))
		return;
	desc = (struct pte_list_desc *)(word & ~1UL);
	walk_descriptors(desc, w);
#ifdef PYFUZZ_TAIL_COUNT
	check_tails(desc, w);
#endif
}

/* PYFUZZ_NONE if it is not an SPTE of this VM. */
static unsigned int number_of(unsigned int vm, const u64 *sptep)
{
	size_t offset = (size_t)((uintptr_t)sptep - (uintptr_t)pyfuzz_spt[vm]);

	if (offset >= sizeof(pyfuzz_spt[vm]) || offset % sizeof(u64))
		return PYFUZZ_NONE;
	return (unsigned int)(offset / sizeof(u64));
}

static const char *name_of(unsigned int vm, unsigned int head)
{
	static char names[4][24];
	static unsigned int turn;
	char *name = names[turn++ % 4];
	bool frame = head < PYFUZZ_FRAME_HEADS;

	snprintf(name, sizeof(names[0]), "vm%u %c%u", vm, frame ? 'f' : 'p',
		 frame ? head : head - PYFUZZ_FRAME_HEADS);
	return name;
}

#define SHOWN 24

/* The list that was printed last, and not changed since. */
static struct kvm_rmap_head *printed;

static void print_list(unsigned int vm, unsigned int head)
{
	static struct walk w;
	unsigned int shown = 0;

	if (printed == the_head(vm, head))
		return;
	printed = the_head(vm, head);
	printf("  expected: %s holds %u:", name_of(vm, head), entries[vm][head]);
	for (unsigned int s = 0; s < PYFUZZ_SPTES && shown < SHOWN; s++)
		if (in_list[vm][s] == head + 1 && ++shown)
			printf(" s%u", s);
	puts(entries[vm][head] > shown ? " ..." : "");
	walk_list(vm, head, &w);
	printf("  seen:     %s holds %u:", name_of(vm, head), w.len);
	for (unsigned int i = 0; i < w.len && i < SHOWN; i++) {
		unsigned int s = number_of(vm, w.sptes[i]);

		if (s == PYFUZZ_NONE)
			printf(" %p", (void *)w.sptes[i]);
		else
			printf(" s%u", s);
	}
	printf("%s%s%s\n", w.len > SHOWN ? " ..." : "", w.broken ? "; " : "",
	       w.broken ? w.broken : "");
}
