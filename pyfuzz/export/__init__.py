# SPDX-License-Identifier: GPL-2.0-only
"""Findings for others: C, a mail, KUnit tests, JUnit XML, SARIF, KTAP; see docs/exports.md.

- ``subject``: what is exported, from a run folder or a sequence file
- ``c_reproducer``: one stand-alone C file, from ``flatten`` (the target's text),
  ``seam`` (how the target is called), ``c_operations`` (the sequence as calls)
  and csrc/repro (the world around them)
- ``mail``: a report for the mailing list; ``kunit``: tests for the end of mmu.c,
  with csrc/kunit; ``ktap``: results as the kernel's own tests print them
- ``junit``, ``sarif``: for CI; ``location`` finds the line in the target's source
"""
