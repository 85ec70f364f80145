# SPDX-License-Identifier: GPL-2.0-only
"""All states of a scope, breadth first, on the compiled target: docs/exhaust.md.

``scope`` has the bounds, ``search`` visits the states, ``verdict`` says what
that shows and what it does not.
"""
