# SPDX-License-Identifier: GPL-2.0-only
"""Findings for other programs: a C file, JUnit XML, SARIF; see docs/exports.md.

- ``subject``: what is exported, from a run folder or a sequence file
- ``c_reproducer``: one stand-alone C file, from ``flatten`` (the target's text),
  ``seam`` (how the target is called), ``c_operations`` (the sequence as calls)
  and csrc/repro (the world around them)
- ``junit``, ``sarif``: for CI; ``location`` finds the line in the target's source
"""
