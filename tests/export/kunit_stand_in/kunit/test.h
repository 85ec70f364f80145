/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an exported file of KUnit tests needs to run as a program behind the
 * shim: KUnit as far as the file uses it, and the kernel's memory.
 */
#include <errno.h>
#include <setjmp.h>

struct kunit {
	int failures;
	const char *skipped;
	jmp_buf end;
};
struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};
struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function) { function, #function }
#define kunit_skip(test, why)                \
	do {                                 \
		(test)->skipped = why;       \
		longjmp((test)->end, 1);     \
	} while (0)
#define kunit_fail(test, ...)                \
	do {                                 \
		(test)->failures++;          \
		printf("  # " __VA_ARGS__);  \
		putchar('\n');               \
	} while (0)
#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...)                       \
	do {                                                              \
		long long __l = (left), __r = (right);                    \
		if (__l != __r) {                                         \
			kunit_fail(test, "line %d: %s == %lld, not %lld", \
				   __LINE__, #right, __r, __l);           \
			printf("  # " __VA_ARGS__);                       \
			putchar('\n');                                    \
		}                                                         \
	} while (0)
#define KUNIT_EXPECT_EQ(test, left, right) \
	KUNIT_EXPECT_EQ_MSG(test, left, right, "equal")
#define KUNIT_EXPECT_FALSE_MSG(test, value, ...) \
	KUNIT_EXPECT_EQ_MSG(test, false, value, __VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, left, right)               \
	do {                                             \
		if ((left) != (right)) {                 \
			kunit_fail(test, "%s", #right);  \
			longjmp((test)->end, 1);         \
		}                                        \
	} while (0)

/* Memory: pages are the shim's, so that it knows the SPTEs in them. */
#define GFP_KERNEL 0u
#define __GFP_ZERO 1u
#define SLAB_ACCOUNT 0u
struct page {
	unsigned long private;
};
struct kmem_cache {
	size_t size;
};
static struct kmem_cache the_kmem_cache;
static unsigned int pages_used, objects_live, blocks_live;
static struct page pages_of[PYFUZZ_VMS * PYFUZZ_PAGES];

static void *kvzalloc(size_t size, gfp_t flags)
{
	static struct kvm_vcpu nobody[PYFUZZ_VCPUS];
	void *block = calloc(1, size);

	(void)flags;
	blocks_live++;
	/* The shim's VMs have vCPUs, of which each gets a request. */
	if (size == sizeof(struct kvm))
		for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
			((struct kvm *)block)->pyfuzz_vcpus[i] = &nobody[i];
	return block;
}
_Static_assert(sizeof(struct kvm) != sizeof(struct kvm_vcpu), "told by size");

static void kvfree(void *block)
{
	blocks_live -= !!block;
	free(block);
}

static unsigned long get_zeroed_page(gfp_t flags)
{
	u64 *page = &pyfuzz_spt[0][0] + 512 * pages_used++;

	(void)flags;
	memset(page, 0, PAGE_SIZE);
	return (unsigned long)page;
}

static void free_page(unsigned long page)
{
	(void)page;
	pages_used--;
}

#define virt_to_page(address) \
	(&pages_of[((u64 *)(address) - &pyfuzz_spt[0][0]) / 512])
#define page_to_pfn(page) ((u64)((page) - pages_of))
#define set_page_private(page, value) ((page)->private = (value))
#define KMEM_CACHE(type, flags) \
	(the_kmem_cache.size = sizeof(struct type), (void)(flags), &the_kmem_cache)
#define kmem_cache_destroy(cache) ((void)((cache)->size = 0))

static int kvm_mmu_topup_memory_cache(struct kvm_mmu_memory_cache *cache,
				      int min)
{
	while (cache->nobjs < min && cache->nobjs < PYFUZZ_CACHE_OBJECTS)
		cache->objects[cache->nobjs++] = pyfuzz_descriptor_alloc(0);
	return cache->nobjs < min ? -ENOMEM : 0;
}

static void kvm_mmu_free_memory_cache(struct kvm_mmu_memory_cache *cache)
{
	while (cache->nobjs)
		pyfuzz_descriptor_free(cache->objects[--cache->nobjs]);
}

/* What the shim reports to. */
static struct kunit *running;
static void __attribute__((noreturn)) pyfuzz_on_bug(const char *file,
						    unsigned int line,
						    const char *function,
						    const char *condition)
{
	(void)file;
	kunit_fail(running, "%s at line %u of %s()", condition, line, function);
	longjmp(running->end, 1);
}
static void pyfuzz_on_print(const char *file, unsigned int line,
			    const char *function, const char *format, ...)
{
	(void)file;
	(void)line;
	(void)format;
	printf("  # log: %s()\n", function);
}
static bool pyfuzz_once(unsigned int *state)
{
	return !(*state)++;
}
static void pyfuzz_on_request(unsigned int vm, unsigned int vcpu,
			      unsigned int request)
{
	(void)vm;
	(void)vcpu;
	(void)request;
}
static void *pyfuzz_descriptor_alloc(unsigned int vm)
{
	(void)vm;
	objects_live++;
	return calloc(1, the_kmem_cache.size);
}
static void pyfuzz_descriptor_free(void *descriptor)
{
	objects_live--;
	free(descriptor);
}
static void pyfuzz_descriptor_free_to(bool own_slab, void *descriptor)
{
	if (!own_slab)
		abort();
	pyfuzz_descriptor_free(descriptor);
}
static unsigned int pyfuzz_running_vm(void)
{
	return PYFUZZ_NONE;
}
static unsigned int pyfuzz_running_vcpu(void)
{
	return 0;
}

static int run_suite(struct kunit_suite *suite)
{
	unsigned int n = 0, failed = 0;

	/* As before the vendor's module is loaded. */
	pte_list_desc_cache = NULL;
	while (suite->test_cases[n].run_case)
		n++;
	printf("KTAP version 1\n1..1\n  KTAP version 1\n");
	printf("  # Subtest: %s\n  1..%u\n", suite->name, n);
	for (unsigned int i = 0; i < n; i++) {
		static struct kunit test;

		memset(&test, 0, sizeof(test));
		running = &test;
		if (suite->init(&test))
			kunit_fail(&test, "init");
		else if (!setjmp(test.end))
			suite->test_cases[i].run_case(&test);
		if (!setjmp(test.end))
			suite->exit(&test);
		if (objects_live || blocks_live || pages_used)
			kunit_fail(&test, "%u descriptors, %u blocks, %u pages left",
				   objects_live, blocks_live, pages_used);
		objects_live = blocks_live = pages_used = 0;
		printf("  %s %u %s%s%s\n", test.failures ? "not ok" : "ok", i + 1,
		       suite->test_cases[i].name, test.skipped ? " # SKIP " : "",
		       test.skipped ? test.skipped : "");
		failed += !!test.failures;
	}
	printf("%s 1 %s\n", failed ? "not ok" : "ok", suite->name);
	return !!failed;
}

#define kunit_test_suite(suite)           \
	int main(void)                    \
	{                                 \
		return run_suite(&suite); \
	}
