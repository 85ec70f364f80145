/* SPDX-License-Identifier: GPL-2.0-only */
/* cffi's glue asks it for debug builds, whose objects Python.h beside it never looks into. */
