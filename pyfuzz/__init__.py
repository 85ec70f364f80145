# SPDX-License-Identifier: GPL-2.0-only
"""Fuzz the reverse maps of KVM's shadow MMU.

The rooms of the package, from the user's side inwards (docs/rooms.svg has their
imports):

- ``cli``: the command line, one module per command
- ``campaign``: fuzzing a target; ``exhaust``: visiting every state; ``compare``: two
  targets in lock step; ``fixes``: which fixes a kernel has; ``ci``: all of it in CI
- ``share``: campaigns on many machines exchange inputs and findings
- ``replay``: running one sequence; ``regression``, ``pytest_plugin``: sequences as tests
- ``finding``: findings, told apart and minimised; ``run``: a campaign's folder
- ``report``, ``export``: findings as a page, and for other programs; ``coverage``: the
  lines of the target's source that were executed
- ``mutants``, ``containment``: what is noticed, and what damage is contained
- ``corpus``, ``sequence``: sequences and their files; ``world``, ``worlds``: what an
  operation is, and its second oracle
- ``target``: the targets that ship with pyfuzz; ``extract``: those from a kernel
- ``module`` (with ``build.py``): from C source to a module that the engine drives
- ``kinds``, ``symptom``, ``errors``, ``files``, ``text``: used everywhere
"""

from __future__ import annotations

__version__ = "0.1.0"
