/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel as the port of the world "pages" sees it: types, BUG(), WARN*(),
 * the log and KVM_BUG().  The port has its own versions of KVM's structures.
 */
#ifndef PYFUZZ_SHIM_PAGES_H
#define PYFUZZ_SHIM_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "../harness/callbacks.h"
#include "../worlds/pages/target.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u64 gfn_t;
typedef u64 gpa_t;
typedef u64 kvm_pfn_t;

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define __maybe_unused __attribute__((unused))

#define BUG() pyfuzz_on_bug(__FILE__, __LINE__, __func__, "BUG()")
#define BUG_ON(condition)                                           \
	do {                                                        \
		if (unlikely(condition))                            \
			pyfuzz_on_bug(__FILE__, __LINE__, __func__, \
				      "BUG_ON(" #condition ")");    \
	} while (0)

/* include/asm-generic/bug.h: once a boot; value is the condition. */
#define WARN_ON_ONCE(condition)                                          \
	({                                                               \
		static unsigned int __state;                             \
		bool __warn = !!(condition);                             \
		if (unlikely(__warn) && pyfuzz_once(&__state)) {         \
			pyfuzz_on_print(__FILE__, __LINE__, __func__,    \
					"WARN_ON_ONCE(%s)", #condition); \
			pages_on_warn(__FILE__, __LINE__, __func__,      \
				      #condition);                       \
		}                                                        \
		unlikely(__warn);                                        \
	})

/* include/linux/kvm_host.h: a VM is marked once, the condition is returned. */
#define KVM_REQ_VM_DEAD 1
#define KVM_BUG(condition, kvm, ...)                                          \
	({                                                                    \
		static unsigned int __state;                                  \
		bool __bug = !!(condition);                                   \
		if (unlikely(__bug) && !(kvm)->vm_bugged) {                   \
			if (pyfuzz_once(&__state))                            \
				pyfuzz_on_print(__FILE__, __LINE__, __func__, \
						__VA_ARGS__);                 \
			(kvm)->vm_bugged = (kvm)->vm_dead = true;             \
			for (unsigned int __i = 0; __i < PAGES_VCPUS; __i++)  \
				pyfuzz_on_request((kvm)->pyfuzz_vm, __i,      \
						  KVM_REQ_VM_DEAD);           \
		}                                                             \
		unlikely(__bug);                                              \
	})
#define KVM_BUG_ON(condition, kvm) \
	KVM_BUG(condition, kvm, "KVM_BUG_ON(%s)", #condition)
#ifdef CONFIG_BUG_ON_DATA_CORRUPTION
#define KVM_BUG_ON_DATA_CORRUPTION(condition, kvm) \
	({                                         \
		(void)(kvm);                       \
		BUG_ON(condition);                 \
		false;                             \
	})
#else
#define KVM_BUG_ON_DATA_CORRUPTION(condition, kvm) KVM_BUG_ON(condition, kvm)
#endif

struct kmem_cache;
#define pte_list_desc_cache NULL
#define kmem_cache_free(cache, object) pages_free(PAGES_DESCRIPTOR, object)

#endif
