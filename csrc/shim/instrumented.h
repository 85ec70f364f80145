/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins that are altered for testing: they report to the harness
 * (csrc/harness/callbacks.h) and keep the control flow of the kernel's own.
 */
#ifndef PYFUZZ_INSTRUMENTED_H
#define PYFUZZ_INSTRUMENTED_H

#include "mirror.h"
#include "../harness/callbacks.h"

/* The host dies: the operation ends here, the process does not. */
#define BUG() pyfuzz_on_bug(__FILE__, __LINE__, __func__, "BUG()")
#define BUG_ON(condition)                                           \
	do {                                                        \
		if (unlikely(condition))                            \
			pyfuzz_on_bug(__FILE__, __LINE__, __func__, \
				      "BUG_ON(" #condition ")");    \
	} while (0)

/* The log: every call is a line, whatever the level. */
#define printk(...) pyfuzz_on_print(__FILE__, __LINE__, __func__, __VA_ARGS__)
#define pr_err(...) printk(__VA_ARGS__)
#define pr_warn(...) printk(__VA_ARGS__)
#define pr_info(...) printk(__VA_ARGS__)
#define pr_debug(...) ((void)0)
#define PYFUZZ_ONCE(statement)               \
	({                                   \
		static unsigned int __state; \
		if (pyfuzz_once(&__state))   \
			statement;           \
	})
#define pr_err_once(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
#define pr_warn_once(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
/* A rate limit bounds the number of lines, so it is treated as "once". */
#define pr_err_ratelimited(...) PYFUZZ_ONCE(printk(__VA_ARGS__))
#define pr_warn_ratelimited(...) PYFUZZ_ONCE(printk(__VA_ARGS__))

/* include/asm-generic/bug.h: the value is the condition, each time. */
#define WARN(condition, ...)                 \
	({                                   \
		bool __warn = !!(condition); \
		if (unlikely(__warn))        \
			printk(__VA_ARGS__); \
		unlikely(__warn);            \
	})
#define WARN_ON(condition) WARN(condition, "WARN_ON(%s)", #condition)
#define WARN_ONCE(condition, ...)                         \
	({                                                \
		bool __warn_once = !!(condition);         \
		if (unlikely(__warn_once))                \
			PYFUZZ_ONCE(printk(__VA_ARGS__)); \
		unlikely(__warn_once);                    \
	})
#define WARN_ON_ONCE(condition) \
	WARN_ONCE(condition, "WARN_ON_ONCE(%s)", #condition)
#define KVM_MMU_WARN_ON(condition) WARN_ON_ONCE(condition)
#define MMU_WARN_ON(condition) WARN_ON_ONCE(condition)

/* Requests reach every vCPU of the VM, and the harness counts them. */
#define KVM_REQ_VM_DEAD 1
#define KVM_REQ_OUTSIDE_GUEST_MODE 2
static inline bool kvm_make_all_cpus_request(struct kvm *kvm,
					     unsigned int request)
{
	for (unsigned int i = 0; i < PYFUZZ_VCPUS; i++)
		pyfuzz_on_request(kvm->pyfuzz_vm,
				  (unsigned int)kvm->pyfuzz_vcpus[i]->vcpu_id,
				  request);
	return true;
}

/* include/linux/kvm_host.h: a VM is marked once, the condition is returned. */
#ifndef PYFUZZ_HAVE_KVM_VM_BUGGED
static inline void kvm_vm_dead(struct kvm *kvm)
{
	kvm->vm_dead = true;
	kvm_make_all_cpus_request(kvm, KVM_REQ_VM_DEAD);
}
static inline void kvm_vm_bugged(struct kvm *kvm)
{
	kvm->vm_bugged = true;
	kvm_vm_dead(kvm);
}
#endif
#ifndef PYFUZZ_HAVE_KVM_BUG
#define KVM_BUG(cond, kvm, ...)                                         \
	({                                                              \
		bool __bug = !!(cond);                                  \
		if (WARN_ONCE(__bug && !(kvm)->vm_bugged, __VA_ARGS__)) \
			kvm_vm_bugged(kvm);                             \
		unlikely(__bug);                                        \
	})
#endif
#ifndef PYFUZZ_HAVE_KVM_BUG_ON
#define KVM_BUG_ON(cond, kvm) KVM_BUG(cond, kvm, "KVM_BUG_ON(%s)", #cond)
#endif
#ifndef PYFUZZ_HAVE_KVM_BUG_ON_DATA_CORRUPTION
#define KVM_BUG_ON_DATA_CORRUPTION(cond, kvm)                  \
	({                                                     \
		bool __corrupt = !!(cond);                     \
		if (IS_ENABLED(CONFIG_BUG_ON_DATA_CORRUPTION)) \
			BUG_ON(__corrupt);                     \
		else                                           \
			KVM_BUG_ON(__corrupt, kvm);            \
		unlikely(__corrupt);                           \
	})
#endif

/* The running vCPU, or NULL in a kworker. */
static struct kvm_vcpu pyfuzz_vcpus[PYFUZZ_VMS][PYFUZZ_VCPUS];
static inline struct kvm_vcpu *kvm_get_running_vcpu(void)
{
	if (pyfuzz_running_vm() == PYFUZZ_NONE)
		return NULL;
	return &pyfuzz_vcpus[pyfuzz_running_vm()][pyfuzz_running_vcpu()];
}

/*
 * Descriptors are handed out zeroed, as from the kernel's caches (__GFP_ZERO):
 * the iterator and the NULL-terminated generation depend on it; see
 * csrc/harness/descriptors.c.
 */
struct kmem_cache;
static char pyfuzz_slabs[2];
static struct kmem_cache *pte_list_desc_cache __maybe_unused =
	(struct kmem_cache *)&pyfuzz_slabs[0];
/* The other slab of mmu.c, for headers of shadow pages. */
static struct kmem_cache *mmu_page_header_cache __maybe_unused =
	(struct kmem_cache *)&pyfuzz_slabs[1];
/* A vendor's own variable for a slab is NULL here: whose it is, is unknown. */
#define kmem_cache_free(cache, object)                                        \
	pyfuzz_descriptor_free_to(!(cache) || (cache) == pte_list_desc_cache, \
				  object)
static inline void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *mc)
{
	void *object;

	/* Empty: the kernel warns, tries an atomic allocation, or dies. */
	if (WARN_ON(!mc->nobjs))
		object = pyfuzz_descriptor_alloc(mc->pyfuzz_vm);
	else
		object = mc->objects[--mc->nobjs];
	BUG_ON(!object);
	return object;
}
/* Up to 5.7 the same function is in mmu.c, and an empty cache is a BUG(). */
static inline void *mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *mc)
{
	BUG_ON(!mc->nobjs);
	return mc->objects[--mc->nobjs];
}
#define kvm_mmu_memory_cache_nr_free_objects(mc) ((mc)->nobjs)
#define mmu_memory_cache_free_objects(mc) ((mc)->nobjs)

#endif
