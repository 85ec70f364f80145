/* SPDX-License-Identifier: GPL-2.0-only */
/* cffi's glue includes it for debug builds, whose object layout Python.h never uses. */
