/* SPDX-License-Identifier: GPL-2.0-only */
/* One VM with one list, and the operations of its threads. */
static void on_signal(int number)
{
	if (number == SIGALRM)
		failed("hang", "it did not end within 20 seconds");
	failed("host-fault", "NULL or wild access: signal %d", number);
}

/* Descriptors are from calloc(), so that sanitizers can track them. */
static void *pyfuzz_descriptor_alloc(unsigned int vm)
{
	void *descriptor = calloc(1, sizeof(struct pte_list_desc));

	(void)vm;
	object_made(descriptor);
	return descriptor;
}

static void pyfuzz_descriptor_free(void *descriptor)
{
	before_call();
	if (object_freed(descriptor))
		free(descriptor);
	after_call();
}

static void pyfuzz_descriptor_free_to(bool own_slab, void *descriptor)
{
	if (!own_slab)
		failed("double-free",
		       "freed a descriptor to a slab that is not its own");
	pyfuzz_descriptor_free(descriptor);
}

/* The world: one VM, one guest frame, whose list it is. */
#define SPTES 64
#define PRESENT (1ULL << 11)
static struct kvm pyfuzz_kvms[PYFUZZ_VMS];
static struct kvm_memory_slot pyfuzz_slots[PYFUZZ_VMS];

static struct kvm *the_vm(unsigned int vm)
{
	return &pyfuzz_kvms[vm];
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
	return &pyfuzz_slots[vm];
}

static struct kvm_rmap_head *pyfuzz_head_of(unsigned int vm, unsigned int head)
{
	(void)vm;
	return &heads[0][head];
}

/* The target's functions, by the names of the operations. */
static long long list_add(u64 *sptep, struct kvm_rmap_head *head);
static void list_zap_one(u64 *sptep, struct kvm_rmap_head *head);
static void list_zap_all(struct kvm_rmap_head *head);
static long long list_count(struct kvm_rmap_head *head);
static unsigned int list_iterate(struct kvm_rmap_head *head);
static void walker_age(bool test_only);
static void walker_set_ad(bool on);
static const u64 fresh_spte;

/* Under mmu_lock: which SPTEs should be in the list. */
static u64 members, freed;
static unsigned int next_spte;

static unsigned int members_len(void)
{
	return (unsigned int)__builtin_popcountll(members);
}

static u64 *the_spte(unsigned int spte)
{
	return &pyfuzz_spt[0][spte];
}

static void top_up(void)
{
	struct kvm_mmu_memory_cache *cache = the_cache(0);

	while (cache->nobjs < PYFUZZ_CACHE_OBJECTS)
		cache->objects[cache->nobjs++] = pyfuzz_descriptor_alloc(0);
}

static void __attribute__((unused)) check_list(void)
{
	unsigned int n = list_iterate(pyfuzz_head_of(0, 0));

	if (n < members_len())
		failed("lost-entry", "the list must hold %u entries, holds %u",
		       members_len(), n);
	if (n > members_len())
		failed("ghost-entry", "the list must hold %u entries, holds %u",
		       members_len(), n);
}

/* Present are those in the list, and no other. */
static void check_sptes(void)
{
	for (unsigned int s = 0; s < next_spte; s++) {
		bool in_list = members >> s & 1;
		u64 spte = __atomic_load_n(the_spte(s), __ATOMIC_RELAXED);

		if (freed >> s & 1 || strcmp(PROPERTY, "stale-spte"))
			continue;
		if (in_list != !!(spte & PRESENT))
			failed("stale-spte", "s%u is %s the list, and is %s", s,
			       in_list ? "in" : "not in",
			       in_list ? "cleared" : "present");
	}
}

static void add_one(void)
{
	unsigned int s = next_spte++, before = members_len();
	long long returned;

	if (!the_cache(0)->nobjs)
		top_up();
	pyfuzz_gfns[0][s] = 0;
	pyfuzz_atomic(the_spte(s), 8, PYFUZZ_A_WRITE, fresh_spte, 0,
		      PYFUZZ_RELAXED);
	returned = list_add(the_spte(s), pyfuzz_head_of(0, 0));
	members |= 1ULL << s;
	if (returned != before)
		failed("count-contract", "add must return %u, returned %lld",
		       before, returned);
}

/* Its shadow page is freed: no thread may use it any more. */
static void free_spte(unsigned int s)
{
	before_call();
	freed |= 1ULL << s;
	*the_spte(s) = 0;
	ASAN_POISON_MEMORY_REGION(the_spte(s), 8);
	after_call();
}

static void op_add(void)
{
	pyfuzz_write_lock(&pyfuzz_kvms[0].mmu_lock);
	add_one();
	check_sptes();
	pyfuzz_write_unlock(&pyfuzz_kvms[0].mmu_lock);
}

static void __attribute__((unused)) op_zap_one(unsigned int s, bool drop)
{
	pyfuzz_write_lock(&pyfuzz_kvms[0].mmu_lock);
	if (members >> s & 1) {
		list_zap_one(the_spte(s), pyfuzz_head_of(0, 0));
		members &= ~(1ULL << s);
		if (drop)
			free_spte(s);
	}
	check_sptes();
	pyfuzz_write_unlock(&pyfuzz_kvms[0].mmu_lock);
}

static void __attribute__((unused)) op_zap_all(bool drop)
{
	u64 before;

	pyfuzz_write_lock(&pyfuzz_kvms[0].mmu_lock);
	before = members;
	list_zap_all(pyfuzz_head_of(0, 0));
	members = 0;
	for (; drop && before; before &= before - 1)
		free_spte((unsigned int)__builtin_ctzll(before));
	check_sptes();
	pyfuzz_write_unlock(&pyfuzz_kvms[0].mmu_lock);
}

static void __attribute__((unused)) op_count(void)
{
	long long n;

	pyfuzz_read_lock(&pyfuzz_kvms[0].mmu_lock);
	n = list_count(pyfuzz_head_of(0, 0));
	if (n != members_len())
		failed("count-contract", "count must return %u, returned %lld",
		       members_len(), n);
	pyfuzz_read_unlock(&pyfuzz_kvms[0].mmu_lock);
}

static void __attribute__((unused)) op_iterate(void)
{
	unsigned int n;

	pyfuzz_read_lock(&pyfuzz_kvms[0].mmu_lock);
	n = list_iterate(pyfuzz_head_of(0, 0));
	if (n != members_len())
		failed("iterator", "it must yield %u entries, yielded %u",
		       members_len(), n);
	pyfuzz_read_unlock(&pyfuzz_kvms[0].mmu_lock);
}

/* The processor sets Accessed and Dirty, if the SPTE is present. */
static void __attribute__((unused)) op_hardware(unsigned int s, u64 bits)
{
	before_call();
	by_processor = true;
	if (__atomic_load_n(the_spte(s), __ATOMIC_RELAXED) & PRESENT)
		__atomic_fetch_or(the_spte(s), bits, __ATOMIC_RELAXED);
	by_processor = false;
	after_call();
}

static void begin(const char *text)
{
	operation = text;
	printf("thread %d: %s\n", me, text);
}

/* After an operation nothing may be left held. */
static void end(void)
{
	if (fibers[me].preempt)
		failed("lock-rule", "preemption is left disabled (count %d)",
		       fibers[me].preempt);
	if (writer == me || readers >> me & 1)
		failed("lock-rule", "mmu_lock is left held");
	if (bit_owner == me)
		failed("lock-rule", "the head is left locked");
}

static void start_thread(int fiber)
{
	me = fiber;
	wait_for_turn();
}

HIDDEN static void end_thread(void)
{
	int next;

	fibers[me].ended = true;
	next = held_for(END, false);
	if (next < 0)
		next = lowest();
	for (unsigned int i = 0; next < 0 && i < fibers_len; i++)
		if (!fibers[i].ended)
			failed("hang", "nobody can go on");
	if (next >= 0)
		give_turn(next);
}

static void set_up(unsigned int length, bool ad)
{
#if !defined(WITH_ASAN) && !defined(__SANITIZE_THREAD__)
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };

	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		signal(faults[i], on_signal);
#endif
	signal(SIGALRM, on_signal);
	alarm(20);
	setvbuf(stdout, NULL, _IONBF, 0);
	pyfuzz_kvms[0].pyfuzz_memslots.pyfuzz_slot = the_slot(0);
	the_slot(0)->npages = PYFUZZ_FRAME_HEADS;
	for (unsigned int level = 0; level < 3; level++)
		the_slot(0)->arch.rmap[level] = heads[level];
	for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++) {
		pyfuzz_vcpus[0][i].kvm = the_vm(0);
		pyfuzz_vcpus[0][i].vcpu_id = (int)i;
		pyfuzz_kvms[0].pyfuzz_vcpus[i] = &pyfuzz_vcpus[0][i];
	}
	for (unsigned int i = 0; i < PYFUZZ_PAGES; i++) {
		unsigned int first = i * PYFUZZ_SPTES_PER_PAGE;

		pyfuzz_pages[0][i].role.level = PG_LEVEL_4K;
		pyfuzz_pages[0][i].spt = &pyfuzz_spt[0][first];
		pyfuzz_pages[0][i].pyfuzz_gfns = &pyfuzz_gfns[0][first];
	}
	walker_set_ad(ad);
	for (unsigned int i = 0; i < length; i++)
		add_one();
	top_up();
}

static void run(void *(*const bodies[])(void *))
{
	pthread_t threads[FIBERS];
	int first;

	for (unsigned int i = 0; i < fibers_len; i++)
		pthread_create(&threads[i], NULL, bodies[i], NULL);
	me = 0;
	first = held_for(0, false);
	me = -1;
	__sync_synchronize();
	turn = first < 0 ? 0 : first;
	for (unsigned int i = 0; i < fibers_len; i++)
		pthread_join(threads[i], NULL);
}
