# SPDX-License-Identifier: GPL-2.0-only
"""The files of a finding, and the command that shows it."""

from __future__ import annotations

import shlex
from pathlib import Path

from pyfuzz import world
from pyfuzz.files import write_beside
from pyfuzz.finding.finding import Finding
from pyfuzz.sequence import binary, container
from pyfuzz.sequence.input import Input
from pyfuzz.sequence.text import format_operation
from pyfuzz.target.catalogue import Target
from pyfuzz.target.kernel import Kernel


def remove_artifact(finding: Finding) -> None:
    """Remove a finding's files; errors: OSError."""
    if finding.artifact is not None:
        for path in (finding.artifact, finding.artifact.with_suffix(".pyfz")):
            path.unlink(missing_ok=True)
        finding.artifact = None


def write_artifact(finding: Finding, target: Target, kernel: Kernel | None, folder: Path) -> None:
    """Write a finding's text and binary file; ``kernel`` is None for a port.

    Errors: OSError, after which the finding has no artifact.
    """
    finding.artifact = None
    path = folder / f"{finding.stem}.seq"
    shortest = Input.of(finding.operations)
    if len(shortest.payload) <= binary.MAX_BYTES:
        write_beside(path.with_suffix(".pyfz"), container.pack(shortest))
    write_beside(path, _text(finding, target, kernel, path).encode())
    finding.artifact = path


def replay_command(path: Path, target: Target, kernel: Kernel | None, flavour: str = "fuzz") -> str:
    """Return the command that shows what a sequence does to a target; a port has no kernel."""
    if target.against is not None:
        return shlex.join(["pyfuzz", "compare", *target.against.command, str(path)])
    option = kernel.options() if kernel is not None else ["--target", target.name]
    if flavour == "sanitize":
        option.append("--sanitize")
    return shlex.join(["pyfuzz", "replay", str(path), *option])


def _text(finding: Finding, target: Target, kernel: Kernel | None, path: Path) -> str:
    comments = [
        f"{finding.kind.value} in {finding.function or 'unknown'}: {finding.message}",
        f"target {target.name}; {'known: ' + finding.known if finding.known else 'new'}",
        f"see it with: {replay_command(path, target, kernel, finding.flavour)}",
    ]
    lines = [
        world.of(finding.operations).header,
        *(f"# {' '.join(comment.split())}" for comment in comments),
    ]
    lines += [format_operation(operation) for operation in finding.operations]
    return "\n".join(lines) + "\n"
