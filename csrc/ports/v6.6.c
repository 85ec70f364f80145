/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 6.6 to 6.14, as merged: an error bugs the VM, or kills the host when the
 * kernel is built with CONFIG_BUG_ON_DATA_CORRUPTION.  Heads are plain words.
 */
#include "../shim/shim.h"

#ifdef CONFIG_BUG_ON_DATA_CORRUPTION
#define PYFUZZ_NAME "v6.6-corruption-bug"
#else
#define PYFUZZ_NAME "v6.6"
#endif
#define PORT_HEAD(rmap_head) ((rmap_head)->val)
#define PORT_LOCK(rmap_head) PORT_HEAD(rmap_head)
#define PORT_UNLOCK(rmap_head, new_val) ((void)((rmap_head)->val = (new_val)))

#include "headdesc.h"
