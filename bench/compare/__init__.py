# SPDX-License-Identifier: GPL-2.0-only
"""``make compare``: pyfuzz and its peers on the same planted mutants and the same clean target."""
