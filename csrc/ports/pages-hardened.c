/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The port "pages" with the lists of the proposal "hardened": whatever damage a
 * comparison can detect bugs the VM.
 */
#define PORT_HARDENED

#include "pages/vm.h"

#define PYFUZZ_NAME "pages-hardened"

#include "pages/adapter.h"
