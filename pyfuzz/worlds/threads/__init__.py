# SPDX-License-Identifier: GPL-2.0-only
"""The world ``threads``: a writer and lockless walkers, interleaved in every order.

``operation`` and ``text`` define sequences, ``module`` wraps a compiled target,
``systematic`` searches, ``chance`` fuzzes, ``trace`` shows one schedule,
``minimize`` makes it shorter.
"""
