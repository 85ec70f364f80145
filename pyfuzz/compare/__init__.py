# SPDX-License-Identifier: GPL-2.0-only
"""Two targets compared step by step: docs/compare-kernels.md.

``pair`` makes one target of two and says what they do differently by design,
``product`` visits all pairs of their states, ``result`` says what differs, ``page`` as HTML.
"""
