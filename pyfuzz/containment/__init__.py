# SPDX-License-Identifier: GPL-2.0-only
"""Is the damage of a fault contained?  The matrix of targets and faults.

describe    what came of the faults in one sequence, in words
draw        random valid sequences around a fault
search      the worst that comes of one fault on one target: a cell
matrix      all cells, each in a process that may die of it
"""
