/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of the kernel, by duty: what need not be done in one thread without a
 * clock, and what must be reported to the harness.
 */
#ifndef PYFUZZ_KERNEL_STANDINS_H
#define PYFUZZ_KERNEL_STANDINS_H

#include "host.h"
#include "harness/callbacks.h"

/* --- nothing to do here: locks, scheduling, threads, module parameters --- */
STANDIN_NOTHING(mutex_lock)
STANDIN_NOTHING(mutex_unlock)
STANDIN_NOTHING(__cond_resched)
STANDIN_NOTHING(__cond_resched_lock)
STANDIN_NOTHING(__cond_resched_rwlock_write)
STANDIN_NOTHING(__cond_resched_rwlock_read)
STANDIN_NOTHING(__srcu_read_unlock)
STANDIN_NOTHING(init_srcu_struct)
STANDIN_NOTHING(init_srcu_struct_generic)
STANDIN_NOTHING(cleanup_srcu_struct)
STANDIN_NOTHING(synchronize_srcu)
STANDIN_NOTHING(synchronize_rcu)
STANDIN_NOTHING(kthread_should_stop)
STANDIN_NOTHING(kthread_stop)
STANDIN_NOTHING(kthread_unpark)
STANDIN_NOTHING(wake_up_process)
STANDIN_NOTHING(kvm_vm_create_worker_thread)
STANDIN_NOTHING(vhost_task_create)
STANDIN_NOTHING(vhost_task_start)
STANDIN_NOTHING(vhost_task_stop)
STANDIN_NOTHING(vhost_task_wake)
STANDIN_NOTHING(schedule_timeout)
STANDIN_NOTHING(__msecs_to_jiffies)
STANDIN_NOTHING(register_shrinker)
STANDIN_NOTHING(unregister_shrinker)
STANDIN_NOTHING(shrinker_register)
STANDIN_NOTHING(shrinker_free)
STANDIN_NOTHING(param_get_bool)
STANDIN_NOTHING(param_get_uint)
STANDIN_NOTHING(param_set_uint)
STANDIN_NOTHING(kstrtobool)
STANDIN_NOTHING(sysfs_streq)
STANDIN_NOTHING(kvm_get_kvm)
STANDIN_NOTHING(kvm_put_kvm)

/* lib/find_bit.c */
static unsigned long pyfuzz_next_bit(const unsigned long *bits,
				     unsigned long size, unsigned long from)
{
	for (; from < size; from++)
		if (bits[from / BITS_PER_LONG] >> (from % BITS_PER_LONG) & 1)
			return from;
	return size;
}

STANDIN(unsigned long, _find_next_bit,
	(const unsigned long *bits, unsigned long size, unsigned long from))
{
	return pyfuzz_next_bit(bits, size, from);
}

STANDIN(unsigned long, find_next_bit,
	(const unsigned long *bits, unsigned long size, unsigned long from))
{
	return pyfuzz_next_bit(bits, size, from);
}

/* shrinker_alloc() must give one: mmu.c fills it in. */
STANDIN(void *, shrinker_alloc, (void))
{
	static u8 shrinker[1024] __aligned(64);

	return shrinker;
}

/* --- the host's frames: no reference counts, memory types or dirty bits --- */
STANDIN_NOTHING(kvm_release_pfn_clean)
STANDIN_NOTHING(kvm_release_page_clean)
STANDIN_NOTHING(kvm_release_page_dirty)
STANDIN_NOTHING(kvm_set_pfn_accessed)
STANDIN_NOTHING(kvm_set_pfn_dirty)
STANDIN_NOTHING(kvm_pfn_to_refcounted_page)
STANDIN_NOTHING(kvm_is_reserved_pfn)
STANDIN_NOTHING(kvm_is_zone_device_pfn)
STANDIN_NOTHING(__folio_put)
STANDIN_NOTHING(__put_page)
STANDIN_NOTHING(pat_enabled)
STANDIN_NOTHING(pat_pfn_immune_to_uc_mtrr)
STANDIN_NOTHING(set_memory_decrypted)
STANDIN_NOTHING(set_memory_encrypted)
STANDIN_NOTHING(send_sig_mceerr)
STANDIN_NOTHING(kvm_arch_has_noncoherent_dma)
STANDIN(int, kvm_mtrr_check_gfn_range_consistency, (void))
{
	return 1;
}
STANDIN(bool, e820__mapped_raw_any, (void))
{
	return true;
}

/* --- the dirty log: a bit for each frame of a slot; there is no ring --- */
static void pyfuzz_mark_dirty(const struct kvm_memory_slot *slot, gfn_t gfn)
{
	gfn_t i = slot ? gfn - slot->base_gfn : 0;

	if (!slot || !slot->dirty_bitmap)
		return;
	/* Memory behind the bitmap would be written to. */
	if (i >= slot->npages)
		pyfuzz_on_bug(__FILE__, __LINE__, __func__,
			      "a gfn is marked as dirty outside of its memslot");
	slot->dirty_bitmap[i / BITS_PER_LONG] |= 1UL << i % BITS_PER_LONG;
}

#ifdef PYFUZZ_HAVE_MARK_DIRTY_3
STANDIN(void, mark_page_dirty_in_slot,
	(struct kvm * kvm, const struct kvm_memory_slot *slot, gfn_t gfn))
#else
STANDIN(void, mark_page_dirty_in_slot,
	(const struct kvm_memory_slot *slot, gfn_t gfn))
#endif
{
	pyfuzz_mark_dirty(slot, gfn);
}

STANDIN(void, kvm_vcpu_mark_page_dirty, (struct kvm_vcpu * vcpu, gfn_t gfn))
{
	pyfuzz_mark_dirty(__gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn), gfn);
}

/* --- flushes: nothing is cached, so they are recorded; no faults meanwhile --- */
/* Those of a range: csrc/worlds/pages/flushes.c. */
STANDIN(void, kvm_flush_remote_tlbs, (struct kvm * kvm))
{
	pages_on_flush(pyfuzz_vm_of(kvm), 0, 0);
}

STANDIN(void, kvm_flush_remote_tlbs_memslot,
	(struct kvm * kvm, const struct kvm_memory_slot *slot))
{
	pages_on_flush(pyfuzz_vm_of(kvm), slot->base_gfn, slot->npages);
}

STANDIN_NOTHING(kvm_mmu_invalidate_start)
STANDIN_NOTHING(kvm_mmu_invalidate_begin)
STANDIN_NOTHING(kvm_mmu_invalidate_end)
STANDIN_NOTHING(kvm_mmu_invalidate_range_add)
STANDIN_NOTHING(kvm_inc_notifier_count)
STANDIN_NOTHING(kvm_dec_notifier_count)

/* --- no asynchronous page faults, no lazily allocated arrays of slots --- */
STANDIN_NOTHING(kvm_can_do_async_pf)
STANDIN_NOTHING(kvm_find_async_pf_gfn)
STANDIN_NOTHING(kvm_setup_async_pf)
STANDIN_NOTHING(kvm_apicv_activated)
STANDIN_NOTHING(memslot_rmap_alloc)
STANDIN_NOTHING(alloc_all_memslots_rmaps)
STANDIN_NOTHING(cpu_mitigations_off)

/* --- hardware page tables (tdp_mmu.c) are off --- */
STANDIN_NOTHING(kvm_mmu_init_tdp_mmu)
STANDIN_NOTHING(kvm_mmu_uninit_tdp_mmu)
STANDIN_NOTHING(is_tdp_mmu_root)

/*
 * CPUID: a guest with huge pages of 1G, and nothing else that changes how tables
 * are walked.  Later kernels keep what the guest has beside the vCPU (vm.h).
 */
static struct kvm_cpuid_entry2 *pyfuzz_cpuid(u32 function)
{
	static struct kvm_cpuid_entry2 extended = {
		.function = 0x80000001,
		.edx = 1U << (X86_FEATURE_GBPAGES & 31),
	};

	return function == extended.function ? &extended : NULL;
}

STANDIN(struct kvm_cpuid_entry2 *, kvm_find_cpuid_entry,
	(struct kvm_vcpu * vcpu, u32 function))
{
	return pyfuzz_cpuid(function);
}

STANDIN(struct kvm_cpuid_entry2 *, kvm_find_cpuid_entry_index,
	(struct kvm_vcpu * vcpu, u32 function))
{
	return pyfuzz_cpuid(function);
}

STANDIN_NOTHING(kvm_find_cpuid_entry2)
STANDIN_NOTHING(cpuid_query_maxguestphyaddr)

/* Calls into the vendor module: they do nothing and succeed. */
STANDIN_NOTHING(pyfuzz_kernel_vendor)

/* --- what the guest or user space sees --- */
STANDIN(int, x86_emulate_instruction, (struct kvm_vcpu * vcpu))
{
	pyfuzz_asked.emulate = true;
	return 1;
}

STANDIN(void, kvm_inject_page_fault, (struct kvm_vcpu * vcpu))
{
	pyfuzz_asked.guest_fault = true;
}

STANDIN(void, kvm_inject_emulated_page_fault, (struct kvm_vcpu * vcpu))
{
	pyfuzz_asked.guest_fault = true;
}

STANDIN(void, __kvm_inject_emulated_page_fault, (struct kvm_vcpu * vcpu))
{
	pyfuzz_asked.guest_fault = true;
}

/* No translation, so KVM does not unprotect a table by address. */
STANDIN(gpa_t, kvm_mmu_gva_to_gpa_write, (void))
{
	return ~(gpa_t)0;
}
STANDIN(gpa_t, kvm_mmu_gva_to_gpa_read, (void))
{
	return ~(gpa_t)0;
}

/* Without nesting, guest physical addresses are not translated. */
STANDIN(gpa_t, translate_nested_gpa, (struct kvm_vcpu * vcpu, gpa_t gpa))
{
	return gpa;
}

/* --- requests --- */
#if defined(KVM_REQ_VM_DEAD)
#define PYFUZZ_REQ_VM_END KVM_REQ_VM_DEAD
#elif defined(KVM_REQ_VM_BUGGED)
#define PYFUZZ_REQ_VM_END KVM_REQ_VM_BUGGED
#else
#define PYFUZZ_REQ_VM_END ~0U
#endif

static void pyfuzz_request_all(struct kvm *kvm, unsigned int request)
{
	unsigned int vm = pyfuzz_vm_of(kvm);

	for (unsigned int i = 0; i < PAGES_VCPUS; i++) {
		set_bit(request & KVM_REQUEST_MASK,
			(void *)&pyfuzz_vcpus[vm][i].requests);
		if (request == PYFUZZ_REQ_VM_END)
			pyfuzz_on_request(vm, i, request & KVM_REQUEST_MASK);
	}
}

STANDIN(bool, kvm_make_all_cpus_request,
	(struct kvm * kvm, unsigned int request))
{
	pyfuzz_request_all(kvm, request);
	return true;
}

#ifdef KVM_REQ_MMU_RELOAD
STANDIN(void, kvm_reload_remote_mmus, (struct kvm * kvm))
{
	pyfuzz_request_all(kvm, KVM_REQ_MMU_RELOAD);
}
#endif

/* --- WARN and the log --- */
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments);

void pyfuzz_kernel_print(const char *file, unsigned int line,
			 const char *function, const char *format, ...)
{
	char text[256];
	va_list arguments;

	/* The level of a message is a control character and a digit. */
	if (format[0] == '\001' && format[1])
		format += 2;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	pyfuzz_on_print(file, line, function, "%s", text);
}

/* KVM_BUG() warns as well, but that finding is the VM that it bugs. */
static bool pyfuzz_bugs_vm(const char *condition)
{
	return strstr(condition, "vm_bugged") != NULL;
}

void pyfuzz_kernel_warn(const char *file, unsigned int line,
			const char *function, const char *condition)
{
	pyfuzz_on_print(file, line, function, "WARNING: %s", condition);
	if (!pyfuzz_bugs_vm(condition))
		pages_on_warn(file, line, function, condition);
}

/* --- functions without a stand-in: return 0, with a message --- */
void pyfuzz_kernel_missing(const char *name);
void pyfuzz_kernel_missing(const char *name)
{
	if (pyfuzz_on_made_up(name))
		pyfuzz_on_print(__FILE__, __LINE__, name,
				"made up: %s() is not in the code taken, returns 0",
				name);
}

#endif
