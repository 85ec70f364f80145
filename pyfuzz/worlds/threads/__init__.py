# SPDX-License-Identifier: GPL-2.0-only
"""The world ``threads``: a writer and walkers without its lock, in every order.

``operation`` and ``text`` are the sequences, ``module`` wraps a compiled
target, ``systematic`` searches, ``trace`` shows one schedule, ``minimize``
makes it shorter.
"""
