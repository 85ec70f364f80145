# SPDX-License-Identifier: GPL-2.0-only
"""Is the damage of a fault contained?  The matrix of targets and faults.

describe    the outcome of the faults in one sequence, in words
draw        random valid sequences around a fault
search      the worst outcome of one fault on one target
cell        that, as data
fill        all cells, each searched in processes that may die of it; their replay
matrix      all cells as data, and the file that they are kept in
known       the shipped matrix, and what is worse than it
table       the matrix as text, and as Markdown
page        the matrix as one HTML page
"""
