# SPDX-License-Identifier: GPL-2.0-only
"""All states of a scope, breadth first, on the compiled target: docs/exhaust.md.

``scope`` has the bounds, ``search`` visits the states, ``verdict`` states what
that proves and what it does not.
"""
