# SPDX-License-Identifier: GPL-2.0-only
"""What it takes to repeat a campaign: versions, flags, seed, source, command.

A run folder has it in ``provenance.json``, one record for each campaign that
went on in it.  The source of an extracted target is copied beside it, since
the kernel tree may change or be gone when the run is looked at.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyfuzz import __version__, files, paths
from pyfuzz.files import write_beside
from pyfuzz.module import builder, compiler
from pyfuzz.target import known_findings
from pyfuzz.target.catalogue import EXTRACTED, TARGETS, Target
from pyfuzz.target.kernel import CONFIG_BUG, Kernel

if TYPE_CHECKING:
    from pyfuzz.run.options import Options

FILE = "provenance.json"
SOURCE = "target.c"
VERSION = 1
_PACKAGES = ("atheris", "cffi")


def record(folder: Path, options: Options, started: str) -> list[str]:
    """Add the record of a campaign that began at this time to its run folder.

    Return a note if the records before cannot be read; they are put aside.
    Errors: OSError.
    """
    target, flavour = options.target, options.flavour
    source = target.source.read_bytes()
    chosen = compiler.find()
    made = {
        "started": started,
        "command": shlex.join(fuzz_command(options)),
        "seed": options.seed,
        "workers": options.workers,
        "flavour": flavour,
        "target": {
            "name": target.name,
            "generation": target.generation,
            "policy": target.policy,
            "note": target.note,
            "defines": list(target.defines),
            "known": [known_findings.as_object(entry) for entry in _own_known(target)],
            "source": SOURCE if target.extracted else target.source.name,
            "sha256": hashlib.sha256(source).hexdigest(),
        },
        "kernel": options.kernel_facts,
        "versions": {
            "pyfuzz": __version__,
            "revision": _revision(),
            "csrc_sha256": _csrc_sha256(),
            "python": platform.python_version(),
            **{package: _version(package) for package in _PACKAGES},
            "compiler": chosen.version,
        },
        "compiler": shlex.join(chosen.command),
        "flags": shlex.join(builder.target_flags(target, flavour)),
        "machine": {
            "system": platform.platform(),
            "architecture": platform.machine(),
            "processors": os.cpu_count(),
        },
    }
    if target.extracted:
        write_beside(folder / SOURCE, source)
    earlier, notes = read(folder)
    if notes:
        aside = (folder / FILE).with_suffix(".damaged")
        (folder / FILE).replace(aside)
        notes = [f"{note}, put aside as {aside.name}" for note in notes]
    whole = {"provenance": VERSION, "campaigns": [*earlier, made]}
    write_beside(folder / FILE, json.dumps(whole, indent=2).encode() + b"\n")
    return notes


def fuzz_command(options: Options) -> list[str]:
    """Return the command that fuzzes the same again, from an empty run folder."""
    command = ["pyfuzz", "fuzz"]
    if options.kernel is not None:
        command += options.kernel.absolute().options()
    else:
        command.append(options.target.name)
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
    if not options.check and options.flavour != "sanitize":
        command.append("--no-sanitizer-worker")
    for path in options.known_files:
        command += ["--known", path]
    return command


def read(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the records of a run folder, and a note if they cannot be read."""
    path = folder / FILE
    try:
        values = files.read_object(path)
        if values["provenance"] != VERSION:
            raise ValueError(f"the version must be {VERSION}, is {values['provenance']}")
        campaigns = [dict(campaign) for campaign in values["campaigns"]]
        for campaign in campaigns:
            _check(campaign)
    except FileNotFoundError:
        return [], []
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [], [f"{path} cannot be read ({files.reason(error)}): left out"]
    return campaigns, []


def _check(campaign: dict[str, Any]) -> None:
    texts = ("started", "command", "flavour", "compiler", "flags")
    for name in texts:
        if not isinstance(campaign[name], str):
            raise TypeError(f"{name} must be a text, is {campaign[name]!r}")
    for name in ("target", "versions", "machine"):
        if not isinstance(campaign[name], dict):
            raise TypeError(f"{name} must be an object, is {campaign[name]!r}")
    target = campaign["target"]
    for name in ("name", "generation", "policy", "note", "source", "sha256"):
        if not isinstance(target[name], str):
            raise TypeError(f"target.{name} must be a text, is {target[name]!r}")
    if not all(isinstance(define, str) for define in target["defines"]):
        raise TypeError(f"target.defines must be texts, are {target['defines']!r}")
    _known(target)
    _check_rest(campaign)


def _check_rest(campaign: dict[str, Any]) -> None:
    kernel, versions, machine = campaign["kernel"], campaign["versions"], campaign["machine"]
    texts = [(f"versions.{name}", value) for name, value in versions.items()]
    if kernel is not None:
        texts += [(f"kernel.{key}", kernel[key]) for key in ("path", "mmu", "version", "sha256")]
    for name, value in texts:
        if not isinstance(value, str | None):
            raise TypeError(f"{name} must be a text, is {value!r}")
    numbers = {"seed": campaign["seed"], "workers": campaign["workers"]}
    for name, value in {**numbers, "machine.processors": machine["processors"]}.items():
        if not isinstance(value, int | None):
            raise TypeError(f"{name} must be a number, is {value!r}")
    if not isinstance(machine["system"], str):
        raise TypeError(f"machine.system must be a text, is {machine['system']!r}")


def kernel_of(campaign: dict[str, Any]) -> Kernel | None:
    """Return the kernel that a campaign fuzzed, None if that was a port."""
    facts = campaign.get("kernel")
    if not facts or facts.get("path") is None:
        return None
    bug = any(CONFIG_BUG in define for define in campaign["target"]["defines"])
    return Kernel(Path(facts["path"]), bug)


def target_of(folder: Path, campaign: dict[str, Any]) -> Target | None:
    """Return the target that a campaign fuzzed, with what was known of it then.

    None if its source is not here any more.
    """
    values = campaign["target"]
    declared = _known(values)
    if values["generation"] != EXTRACTED:
        port = TARGETS.get(values["name"])
        return port.knowing(declared) if port is not None and declared else port
    source = (folder / SOURCE).absolute()
    if not source.is_file():
        return None
    return Target(
        name=values["name"],
        generation=EXTRACTED,
        policy=values["policy"],
        source=source,
        defines=tuple(values["defines"]),
        note=values["note"],
        known=declared,
    )


def _known(target: dict[str, Any]) -> tuple[known_findings.Known, ...]:
    """Return what a record says is known of its target; records before had nothing."""
    return tuple(known_findings.of_object(entry) for entry in target.get("known", []))


def _own_known(target: Target) -> list[known_findings.Known]:
    """Return what is known of a target but for what is shipped: that holds as it is later."""
    port = TARGETS.get(target.name)
    shipped = () if target.extracted or port is None else port.known
    return [entry for entry in target.known if entry not in shipped]


def _version(package: str) -> str | None:
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
    for path in sorted(paths.csrc().rglob("*.[ch]")):
        digest.update(path.relative_to(paths.csrc()).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()
