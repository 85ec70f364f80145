/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world around the code under test, as small as possible: up to four VMs
 * with two vCPUs, 16 guest frames (heads 0 to 15) and 4 shadow pages whose
 * parents are heads 16 to 19, and 2048 SPTEs.
 */
#ifndef PYFUZZ_MORE
#define PYFUZZ_MORE more
#endif
#ifndef PYFUZZ_ENTRIES
#define PYFUZZ_ENTRIES sptes
#endif

static struct kvm vms[PYFUZZ_VMS];
static struct kvm_memory_slot slots[PYFUZZ_VMS];
static struct kvm_rmap_head frames[PYFUZZ_VMS][PYFUZZ_FRAME_HEADS];
static bool alive[PYFUZZ_VMS];

static struct kvm *the_vm(unsigned int vm)
{
	return &vms[vm];
}

static struct kvm_vcpu *the_vcpu(unsigned int vm)
{
	return &pyfuzz_vcpus[vm][0];
}

static struct kvm_mmu_memory_cache *the_cache(unsigned int vm)
{
	return &the_vcpu(vm)->arch.mmu_pte_list_desc_cache;
}

static struct kvm_memory_slot *the_slot(unsigned int vm)
{
	return &slots[vm];
}

static u64 *the_spte(unsigned int vm, unsigned int spte)
{
	return &pyfuzz_spt[vm][spte];
}

static struct kvm_mmu_page *the_page(unsigned int vm, unsigned int head)
{
	return &pyfuzz_pages[vm][head - PYFUZZ_FRAME_HEADS];
}

static struct kvm_rmap_head *the_head(unsigned int vm, unsigned int head)
{
	return head < PYFUZZ_FRAME_HEADS ? &frames[vm][head] :
					   &the_page(vm, head)->parent_ptes;
}

static unsigned long head_word(unsigned int vm, unsigned int head)
{
	unsigned long word;

	memcpy(&word, the_head(vm, head), sizeof(word));
	return word;
}

/* The current operation, and how the program ends. */
static const char *operation = "setting up";

static void __attribute__((noreturn, format(printf, 2, 3)))
failed(const char *kind, const char *format, ...)
{
	bool this_one = !strcmp(kind, PROPERTY);
	va_list args;

	printf("\nFAILED in: %s\n%s: ", operation, kind);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	if (!this_one)
		puts("This is not the failure that the file is about (" PROPERTY
		     ").");
	fflush(stdout);
	_exit(this_one ? 1 : 2);
}

static void pyfuzz_on_bug(const char *file, unsigned int line,
			  const char *function, const char *condition)
{
	printf("  seen: %s in %s() at %s:%u\n", condition, function, file, line);
	failed("host-bug", "%s reached: the host would have died", condition);
}

static void on_signal(int number)
{
	if (number == SIGVTALRM)
		failed("hang", "the operation did not end");
	failed("host-fault", "NULL or wild access: signal %d", number);
}

/* Which list should hold each SPTE: head + 1, or 0 for none. */
static unsigned char in_list[PYFUZZ_VMS][PYFUZZ_SPTES];
static unsigned int entries[PYFUZZ_VMS][PYFUZZ_HEADS];

static void model_add(unsigned int vm, unsigned int head, unsigned int spte)
{
	in_list[vm][spte] = (unsigned char)(head + 1);
	entries[vm][head]++;
}

static void model_remove(unsigned int vm, unsigned int head, unsigned int spte)
{
	in_list[vm][spte] = 0;
	entries[vm][head]--;
}

/* Descriptors, from calloc() so that memory checkers can track them. */
static struct {
	struct pte_list_desc *address;
	bool live;
} descriptors[16384];
static unsigned int descriptors_len, descriptors_live;

static bool is_live(const struct pte_list_desc *address)
{
	for (unsigned int i = descriptors_len; i--;)
		if (descriptors[i].address == address)
			return descriptors[i].live;
	return false;
}

static void *pyfuzz_descriptor_alloc(unsigned int vm)
{
	struct pte_list_desc *address = calloc(1, sizeof(*address));

	(void)vm;
	if (!address || descriptors_len == 16384)
		abort();
	descriptors[descriptors_len].address = address;
	descriptors[descriptors_len++].live = true;
	descriptors_live++;
	return address;
}

static void pyfuzz_descriptor_free(void *descriptor)
{
	unsigned int i = descriptors_len;

	while (i && descriptors[i - 1].address != descriptor)
		i--;
	if (!i)
		failed("double-free",
		       "freed an address that is not a descriptor");
	if (!descriptors[i - 1].live)
		failed("double-free", "freed a descriptor that is already free");
	descriptors[i - 1].live = false;
	descriptors_live--;
#ifdef WITH_ASAN
	free(descriptor);
#else
	/* Never handed out again, and filled with an invalid address. */
	memset(descriptor, 0x6b, sizeof(struct pte_list_desc));
#endif
}

static void pyfuzz_descriptor_free_to(bool own_slab, void *descriptor)
{
	if (!own_slab)
		failed("double-free",
		       "freed a descriptor to a slab that is not its own");
	pyfuzz_descriptor_free(descriptor);
}
