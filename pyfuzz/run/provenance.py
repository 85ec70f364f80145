# SPDX-License-Identifier: GPL-2.0-only
"""Everything needed to repeat a campaign: versions, flags, seed, source, command.

A run folder has it in ``provenance.json``, one record per campaign.  The source
of an extracted target is copied next to it, since the kernel tree may have changed
or be gone when somebody looks at the run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyfuzz import __version__, files, paths, records, world
from pyfuzz.files import write_beside
from pyfuzz.kinds import Kind
from pyfuzz.module import builder, compiler
from pyfuzz.target.catalogue import EXTRACTED, Target, everything, find
from pyfuzz.target.kernel import CONFIG_BUG, Kernel
from pyfuzz.target.known_findings import Known

if TYPE_CHECKING:
    from pyfuzz.run.options import Options

FILE = "provenance.json"
SOURCE = "target.c"
VERSION = 1
_PACKAGES = ("atheris", "cffi")


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """A declared finding, as pyfuzz.target.known_findings.Known has it."""

    kind: str
    function: str
    message: str
    target: tuple[str, ...]
    reason: str
    link: str
    until: date | None
    source: str


@dataclass(frozen=True, slots=True)
class TargetRecord:
    """What was fuzzed, and what was known of it; older records had no ``known``."""

    name: str
    generation: str
    policy: str
    note: str
    defines: tuple[str, ...]
    source: str
    sha256: str
    known: tuple[KnownEntry, ...] = ()
    world: str = world.DEFAULT


@dataclass(frozen=True, slots=True)
class KernelRecord:
    """What was found of a kernel of the user's; ``sha256`` is that of its C files."""

    path: str | None
    mmu: str | None
    version: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it ran."""

    system: str
    architecture: str
    processors: int | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """What it takes to repeat one campaign."""

    started: str
    command: str
    seed: int | None
    workers: int | None
    flavour: str
    target: TargetRecord
    kernel: KernelRecord | None
    versions: dict[str, str | None]
    compiler: str
    flags: str
    machine: Machine


def record(folder: Path, options: Options, started: str, command: Sequence[str] = ()) -> list[str]:
    """Add the record of a campaign that began at this time to its run folder.

    ``command`` is that of a search, which has neither a seed nor workers.
    Return a note if earlier records cannot be read; their file is renamed.
    Errors: OSError.
    """
    target, flavour = options.target, options.flavour
    source = target.source.read_bytes()
    chosen = compiler.find()
    made = Campaign(
        started=started,
        command=shlex.join(command or fuzz_command(options)),
        seed=None if command else options.seed,
        workers=None if command else options.workers,
        flavour=flavour,
        target=TargetRecord(
            name=target.name,
            generation=target.generation,
            policy=target.policy,
            note=target.note,
            defines=target.defines,
            world=target.world,
            known=tuple(map(entry_of, _own_known(target))),
            source=SOURCE if target.extracted else target.source.name,
            sha256=hashlib.sha256(source).hexdigest(),
        ),
        kernel=None if options.kernel_facts is None else KernelRecord(**options.kernel_facts),
        versions={
            "pyfuzz": __version__,
            "revision": _revision(),
            "csrc_sha256": _csrc_sha256(),
            "python": platform.python_version(),
            **{package: _version(package) for package in _PACKAGES},
            "compiler": chosen.version,
        },
        compiler=shlex.join(chosen.command),
        flags=shlex.join(builder.target_flags(target, flavour)),
        machine=Machine(platform.platform(), platform.machine(), os.cpu_count()),
    )
    if target.extracted:
        write_beside(folder / SOURCE, source)
    earlier, notes = read(folder)
    if notes:
        aside = (folder / FILE).with_suffix(".damaged")
        (folder / FILE).replace(aside)
        notes = [f"{note}, moved to {aside.name}" for note in notes]
    whole = {"provenance": VERSION, "campaigns": [*earlier, records.plain(made)]}
    write_beside(folder / FILE, json.dumps(whole, indent=2).encode() + b"\n")
    return notes


def fuzz_command(options: Options) -> list[str]:
    """Return the command that fuzzes the same again, from an empty run folder."""
    against = options.target.against
    command = ["pyfuzz", "fuzz" if against is None else "compare"]
    if against is not None:
        command += against.command
    elif options.kernel is not None:
        command += options.kernel.absolute().options()
    else:
        command.append(options.target.name)
    if against is None and "--world" not in command and _has_others(options.target):
        command += ["--world", options.target.world]
    if options.runs is not None:
        command += ["--runs", str(options.runs)]
    elif options.seconds is not None:
        command += ["--time", f"{options.seconds:g}s"]
    command += ["--workers", str(options.workers), "--seed", str(options.seed)]
    if options.flavour == "sanitize":
        command.append("--sanitize")
    if options.faults:
        command.append("--faults")
    if options.stop_on_finding:
        command.append("--stop-on-finding")
    if not options.check and options.flavour != "sanitize" and against is None:
        command.append("--no-sanitizer-worker")
    for path in options.known_files:
        command += ["--known", path]
    return command


def _has_others(target: Target) -> bool:
    """Tell whether fuzz without --world would take a target to other worlds as well."""
    port = find(target.name)
    if target.extracted or port is None or port.world != target.world:
        return True
    return any(target.name == one.name for one in everything() if one.world != target.world)


def read(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the records of a run folder, and a note if they cannot be read."""
    path = folder / FILE
    try:
        values = files.read_object(path)
        if values["provenance"] != VERSION:
            raise ValueError(f"the version must be {VERSION}, is {values['provenance']}")
        # Keys that a newer pyfuzz added are kept.
        campaigns = [files.object_of(campaign) for campaign in values["campaigns"]]
        for campaign in campaigns:
            tuple(map(_known, records.read(campaign, Campaign).target.known))
    except FileNotFoundError:
        return [], []
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [], [f"{path} cannot be read ({files.reason(error)}): left out"]
    return campaigns, []


def kernel_of(campaign: dict[str, Any]) -> Kernel | None:
    """Return the kernel that a campaign fuzzed, None if that was a port."""
    facts = campaign.get("kernel")
    if not facts or facts.get("path") is None:
        return None
    bug = any(CONFIG_BUG in define for define in campaign["target"]["defines"])
    return Kernel(Path(facts["path"]), bug, world=campaign["target"].get("world", world.DEFAULT))


def target_of(folder: Path, campaign: dict[str, Any]) -> Target | None:
    """Return the target that a campaign fuzzed, with what was known of it then.

    None if its source no longer exists.
    """
    said = records.read(campaign["target"], TargetRecord)
    declared = tuple(map(_known, said.known))
    if said.generation != EXTRACTED:
        port = find(said.name, said.world)
        return port.knowing(declared) if port is not None and declared else port
    source = (folder / SOURCE).absolute()
    if not source.is_file():
        return None
    return Target(
        name=said.name,
        generation=EXTRACTED,
        policy=said.policy,
        source=source,
        defines=said.defines,
        note=said.note,
        known=declared,
        world=said.world,
    )


def entry_of(known: Known) -> KnownEntry:
    """Return what a record says of a declared finding."""
    return KnownEntry(
        known.kind.value,
        known.function,
        known.message,
        known.targets,
        known.reason,
        known.link,
        known.until,
        known.source,
    )


def _known(entry: KnownEntry) -> Known:
    return Known(
        kind=Kind(entry.kind),
        function=entry.function,
        message=entry.message,
        targets=entry.target,
        reason=entry.reason,
        link=entry.link,
        until=entry.until,
        source=entry.source,
    )


def _own_known(target: Target) -> list[Known]:
    """Return a target's known findings but for the shipped ones, which are read anew later."""
    port = find(target.name, target.world)
    shipped = () if target.extracted or port is None else port.known
    return [entry for entry in target.known if entry not in shipped]


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (slow)

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _revision() -> str | None:
    """The commit of a checkout, with ``+`` if files differ from it; None without git."""
    if not (paths.ROOT / ".git").exists():
        return None
    git = ["git", "-C", str(paths.ROOT)]
    try:
        commit = _output([*git, "rev-parse", "HEAD"])
        changed = _output([*git, "status", "--porcelain", "--untracked-files=no"])
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+" if changed else commit


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()


def _csrc_sha256() -> str:
    """A hash of all C that a target is built with: shim, harness, ports."""
    digest = hashlib.sha256()
    for path in sorted(paths.csrc().rglob("*.*")):
        digest.update(path.relative_to(paths.csrc()).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()
