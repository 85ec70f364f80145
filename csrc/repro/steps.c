/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes before and after each operation. */
/* Requests, and the log, whose lines are counted by site. */
static unsigned int requests[PYFUZZ_VMS][PYFUZZ_VCPUS];
static unsigned int other_requests;
static struct {
	const char *function, *format;
	unsigned int line, times;
} places[64];
static unsigned int places_len;

static void pyfuzz_on_request(unsigned int vm, unsigned int vcpu,
			      unsigned int request)
{
	if (request == KVM_REQ_VM_DEAD)
		requests[vm][vcpu]++;
	else
		other_requests++;
}

static void pyfuzz_on_print(const char *file, unsigned int line,
			    const char *function, const char *format, ...)
{
	unsigned int i = 0;
	va_list args;
	char text[200];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text[strcspn(text, "\n")] = 0;
	printf("  log: %s (%s:%u)\n", text, file, line);
	while (i < places_len &&
	       (places[i].line != line || places[i].format != format))
		i++;
	if (i == 64)
		return;
	places_len += i == places_len;
	places[i].function = function;
	places[i].format = format;
	places[i].line = line;
	places[i].times++;
}

static bool pyfuzz_once(unsigned int *state)
{
	return !(*state)++;
}

/* The context of an operation: which vCPU is the current one. */
static enum { ON_OWN_VCPU, IN_KWORKER, ON_VCPU } context;
static unsigned int context_vm, context_vcpu, running_vm, running_vcpu;

static void set_context(int chosen, unsigned int vm, unsigned int vcpu)
{
	context = chosen;
	context_vm = vm;
	context_vcpu = vcpu;
}

static unsigned int pyfuzz_running_vm(void)
{
	return running_vm;
}

static unsigned int pyfuzz_running_vcpu(void)
{
	return running_vcpu;
}

static bool was_bugged[PYFUZZ_VMS];
static unsigned int bugged_vms; /* number of VMs that were ever bugged */

/* Processor time, so that a busy machine is not a hang; 0 for no limit. */
static void limit_seconds(int seconds)
{
	struct itimerval limit = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

static void begin(unsigned int vm, const char *text)
{
	if (strcmp(operation, text))
		printf("%s\n", text);
	operation = text;
	printed = NULL;
	running_vm = context == IN_KWORKER ? PYFUZZ_NONE :
		     context == ON_VCPU	   ? context_vm :
					     vm;
	running_vcpu = context == ON_VCPU ? context_vcpu : 0;
	limit_seconds(2);
}

/* The property that failed: further down. */
static void check(unsigned int vm, bool error);

/* error: the operation asked for something impossible, so vm must be bugged. */
static void end(unsigned int vm, bool error)
{
	for (unsigned int i = 0; i < PYFUZZ_VMS; i++) {
		if (vms[i].vm_bugged == was_bugged[i])
			continue;
		printf("  seen:     vm%u is %sbugged%s\n", i,
		       vms[i].vm_bugged ? "" : "no longer ",
		       i == vm && error ? ", as it must be" : "");
		bugged_vms += vms[i].vm_bugged;
	}
	check(vm, error);
	for (unsigned int i = 0; i < PYFUZZ_VMS; i++)
		was_bugged[i] = vms[i].vm_bugged;
	limit_seconds(0);
}

/* Before an add: fill the cache, and let the SPTE map the frame. */
static void map(unsigned int vm, unsigned int head, unsigned int spte)
{
	struct kvm_mmu_memory_cache *cache = the_cache(vm);

	if (!cache->nobjs)
		while (cache->nobjs < PYFUZZ_CACHE_OBJECTS)
			cache->objects[cache->nobjs++] =
				pyfuzz_descriptor_alloc(vm);
	*the_spte(vm, spte) = SPTE_MMU_PRESENT_MASK | (u64)(spte + 1) << 12;
	if (head < PYFUZZ_FRAME_HEADS)
		pyfuzz_gfns[vm][spte] = (u8)head;
}

/* After a correct remove: the callers clear the SPTE. */
static void unmap(unsigned int vm, unsigned int head, unsigned int spte)
{
	model_remove(vm, head, spte);
	*the_spte(vm, spte) = 0;
}

static void check_cleared(unsigned int vm, unsigned int spte)
{
	if (is_shadow_present_pte(*the_spte(vm, spte)) &&
	    !strcmp(PROPERTY, "stale-spte"))
		failed(PROPERTY, "vm%u s%u must be cleared, is still present",
		       vm, spte);
}

/* After a zap of a whole list. */
static void zapped(unsigned int vm, unsigned int head)
{
	for (unsigned int s = 0; s < PYFUZZ_SPTES; s++) {
		if (in_list[vm][s] != head + 1)
			continue;
		check_cleared(vm, s);
		model_remove(vm, head, s);
	}
}

/* After rmap_add(): a list that is too long must have been zapped. */
static void recycled(unsigned int vm, unsigned int head)
{
	unsigned int before = entries[vm][head] - 1;

	if (before <= PYFUZZ_RECYCLE_THRESHOLD)
		return;
	if (!head_word(vm, head))
		zapped(vm, head);
	else if (!strcmp(PROPERTY, "count-contract"))
		failed(PROPERTY,
		       "a list of %u entries must be zapped whole by one more, is not",
		       before);
}

static void create_vm(unsigned int vm)
{
	alive[vm] = true;
	vms[vm].vm_bugged = vms[vm].vm_dead = was_bugged[vm] = false;
	memset(requests[vm], 0, sizeof(requests[vm]));
}

static void destroy_list(unsigned int vm, unsigned int head);

static void destroy_vm(unsigned int vm)
{
	struct kvm_mmu_memory_cache *cache = the_cache(vm);

	for (unsigned int head = 0; head < PYFUZZ_HEADS; head++) {
		if (!head_word(vm, head) && !entries[vm][head])
			continue;
		destroy_list(vm, head);
		zapped(vm, head);
		if (head_word(vm, head) && !strcmp(PROPERTY, "teardown"))
			failed("teardown",
			       "%s must be empty after tear-down, is not",
			       name_of(vm, head));
	}
	while (cache->nobjs)
		pyfuzz_descriptor_free(cache->objects[--cache->nobjs]);
	if (context == ON_VCPU && context_vm == vm)
		context = ON_OWN_VCPU;
	end(vm, false);
	alive[vm] = false;
}

static void set_up(void)
{
#ifndef WITH_ASAN
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };

	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		signal(faults[i], on_signal);
#endif
	signal(SIGVTALRM, on_signal);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		vms[vm].pyfuzz_vm = vm;
		vms[vm].pyfuzz_memslots.pyfuzz_slot = &slots[vm];
		slots[vm].npages = PYFUZZ_FRAME_HEADS;
		slots[vm].arch.rmap[0] = frames[vm];
		for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++) {
			struct kvm_vcpu *vcpu = &pyfuzz_vcpus[vm][i];

			vcpu->kvm = &vms[vm];
			vcpu->vcpu_id = (int)i;
			vcpu->arch.mmu_pte_list_desc_cache.pyfuzz_vm = vm;
			vms[vm].pyfuzz_vcpus[i] = vcpu;
		}
		for (unsigned int i = 0; i < PYFUZZ_PAGES; i++) {
			unsigned int first = i * PYFUZZ_SPTES_PER_PAGE;

			pyfuzz_pages[vm][i].role.level = PG_LEVEL_4K;
			pyfuzz_pages[vm][i].spt = &pyfuzz_spt[vm][first];
			pyfuzz_pages[vm][i].pyfuzz_gfns =
				&pyfuzz_gfns[vm][first];
		}
		create_vm(vm);
	}
}

static int tear_down(void)
{
	for (unsigned int vm = 0; vm < PYFUZZ_VMS; vm++) {
		if (!alive[vm])
			continue;
		begin(vm, "tear-down");
		destroy_vm(vm);
	}
	puts("\nNothing failed (" PROPERTY ").");
	return 0;
}
