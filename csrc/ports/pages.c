/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A shadow MMU after the design of 6.x, for the world "pages": written for pyfuzz,
 * with the fixes of 2026.  As merged: an error in a list bugs the VM,
 * or kills the host when built with CONFIG_BUG_ON_DATA_CORRUPTION.
 */
#include "pages/vm.h"

#define PYFUZZ_NAME "pages"

#include "pages/adapter.h"
