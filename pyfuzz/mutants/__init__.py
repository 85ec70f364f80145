# SPDX-License-Identifier: GPL-2.0-only
"""Faults planted on purpose, to see whether and how soon they are found.

``fault``       one fault, and the catalogues of them (TOML files beside this one)
``patterns``    find a pattern of C tokens in a parsed function
``sources``     a target as one text, and that text with a fault in it
``mechanical``  faults that are made by rule from a target's own source
``trial``       one process that fuzzes a target with a fault until it is found
``campaign``    all faults of a target, over the cores
``report``      the results as text, as JSON, as Markdown
"""
