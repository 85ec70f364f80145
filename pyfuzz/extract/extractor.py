# SPDX-License-Identifier: GPL-2.0-only
"""From a path to a target: find, parse, choose, collect, write, compile, fix."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.extract import check, emit, lockless, roles, source, traits
from pyfuzz.extract.calls import Calls
from pyfuzz.extract.closure import Closure, Gatherer
from pyfuzz.extract.conditions import DEFAULT_CONFIG
from pyfuzz.extract.extraction import Extraction, Missing, Taken, notes
from pyfuzz.extract.parse import Index, Item, Kind
from pyfuzz.extract.reads import refuse_files
from pyfuzz.extract.revision import bare_name, prepared
from pyfuzz.extract.source import KernelSource, Progress
from pyfuzz.extract.traits import Traits
from pyfuzz.kinds import Kind as FindingKind
from pyfuzz.target import catalogue
from pyfuzz.target.catalogue import Known, Target
from pyfuzz.target.kernel import Kernel

_THRESHOLD = 1000  # the harness's, csrc/worlds/lists/target.h
_GENERATED = "the generated target"
_GIVE = "give the mmu.c of a kernel from 4.10 on"
# One round fixes the errors of one compilation, which may uncover others.
_MAX_ROUNDS = 12


def extract(kernel: Kernel | Path, *, progress: Progress | None = None) -> Extraction:
    """Make a target of a kernel; a path alone means a kernel with default options.

    ``progress`` is called with a line before each slow step.  The generated file
    goes into the build folder.  Raises UsageError if there is no KVM, if a
    function that the harness needs is not found, or if the code does not compile.
    """
    asked = kernel if isinstance(kernel, Kernel) else Kernel(kernel)
    return _Extractor(source.find(prepared(asked), progress), asked).run()


class _Extractor:
    """One extraction: what was found, and the fixes that compiling required so far."""

    def __init__(self, kernel: KernelSource, asked: Kernel) -> None:
        self.kernel = kernel
        self.defines = asked.defines
        config = {**DEFAULT_CONFIG, **dict(define.split("=", 1) for define in self.defines)}
        self.index = Index(kernel.files, config)
        self.calls = Calls(self.index)
        self.found = roles.find_roles(self.index, self.calls)
        self.why = _require(kernel, self.index, self.found)
        self.traits = traits.detect(self.index, kernel, self.found, self.calls)
        self.extra: set[str] = set()
        self.members: dict[str, dict[str, str]] = {}
        self.age = lockless.find(self.index)

    def run(self) -> Extraction:
        first: list[check.CompileError] = []
        for _ in range(_MAX_ROUNDS):
            plan = self._plan()
            refuse_files(plan.closure.items)
            self._refuse_clashes(plan.closure)
            path = _write(emit.generate(plan, _GENERATED))
            found = check.errors(path, self.defines)
            if found == [] and self._drop_walkers(path):
                continue
            if not found:
                return self._result(plan, path, compiled=found is not None)
            first = first or found
            hopeless = self._mend(found, plan)
            if hopeless is not None:
                # An error that appears only after a fix may be caused by the fix.
                raise self._does_not_compile(hopeless if hopeless in first else first[0])
        raise self._does_not_compile(first[0])

    def _refuse_clashes(self, closure: Closure) -> None:
        """Refuse code that means its own file's definition where another one was taken."""
        for item in closure.items:
            for name in self.calls.uses(item).names:
                meant, taken = self.index.own(name, item.file), self.index.find(name)
                if meant is not None and taken is not None and meant is not taken:
                    raise UsageError(
                        f"{meant.place}: {name} is defined in {taken.place}, too, and differs; "
                        "pyfuzz compiles both files as one: rename one of the two"
                    )

    def _drop_walkers(self, path: Path) -> bool:
        """Drop the walkers without mmu_lock if they do not compile for their world."""
        if self.age is None:
            return False
        found = check.errors(path, (*self.defines, "PYFUZZ_THREADS=1"))
        if found:
            self._without_walkers(f"{self.age.name} does not compile here ({found[0]})")
        return bool(found)

    def _without_walkers(self, reason: str) -> None:
        self.age = None
        self.why["age"] = reason

    def _drop_what_misleads(self) -> None:
        """Drop operations that the harness would check against the wrong rule."""
        threshold = self.traits.recycle_threshold
        if self.traits.rmap_add_recycles and threshold not in (None, _THRESHOLD):
            self._drop(
                roles.RMAP_ADD,
                f"recycles above {threshold} entries, the harness checks for {_THRESHOLD}",
            )
        if self.traits.zaps_by_gfn and roles.PARENT_UNLINK not in self.found:
            self._drop(roles.ZAP_ALL, "looks each head up by gfn, which parents do not have")
        if not self.traits.rmap_add_recycles and roles.ZAP_ALL not in self.found:
            self._drop(roles.RMAP_ADD, "its caller recycles with zap-all, which is missing")

    def _drop(self, role: str, reason: str) -> None:
        pair = (roles.FIRST, roles.NEXT)
        for name in pair if role in pair else (role,):
            if self.found.pop(name, None) is not None:
                self.why[_operation(role)] = reason

    def _plan(self) -> emit.Plan:
        """Collect what is needed, without optional roles that need guesses."""
        gatherer = Gatherer(self.index, self.calls, self.extra)
        needed = [item for role, item in self.found.items() if roles.BY_NAME[role].required]
        closure = gatherer.closure(needed)
        allowed = {stub.name for stub in closure.guesses}
        for role in [role for role in self.found if not roles.BY_NAME[role].required]:
            own = gatherer.closure([self.found[role]])
            unknown = [stub for stub in own.guesses if stub.name not in allowed]
            if unknown:
                self._drop(
                    role, f"{unknown[0].used_in} depends on {unknown[0].name}, which is unknown"
                )
        self._drop_what_misleads()
        closure = gatherer.closure(self.found.values())
        members = {hook: list(declared.values()) for hook, declared in self.members.items()}
        return emit.Plan(
            self.kernel,
            self.index,
            self.found,
            self.traits,
            closure,
            self._name(),
            members,
            self._lockless(gatherer, closure),
        )

    def _lockless(self, gatherer: Gatherer, base: Closure) -> lockless.Lockless | None:
        if self.age is None:
            return None
        gathered = lockless.gather(self.age, gatherer, base)
        if isinstance(gathered, str):
            self._without_walkers(gathered)
            return None
        return gathered

    def _mend(self, found: list[check.CompileError], plan: emit.Plan) -> check.CompileError | None:
        """Fix each error, or drop the optional operations that have it.

        Returns the first error for which neither works.
        """
        for error in found:
            remedy = check.remedy(error, self.index)
            if remedy is None:
                if not self._drop_users(error, plan):
                    return error
            elif remedy.hook:
                self.members.setdefault(remedy.hook, {})[remedy.name] = remedy.member or ""
            else:
                self.extra.add(remedy.name)
        return None

    def _drop_users(self, error: check.CompileError, plan: emit.Plan) -> bool:
        gatherer = Gatherer(self.index, self.calls, self.extra)
        guilty = [item for item in plan.closure.items if _covers(item, error)]
        users = [
            role
            for role, item in plan.found.items()
            if any(item in gatherer.closure([plan.found[role]]).items for item in guilty)
        ]
        if not users or any(roles.BY_NAME[role].required for role in users):
            return False
        for role in users:
            self._drop(role, f"does not compile here ({error})")
        return True

    def _does_not_compile(self, error: check.CompileError) -> UsageError:
        return UsageError(f"{self._name()} does not compile: {error}; {self._advice(error)}")

    def _advice(self, error: check.CompileError) -> str:
        """Say whose fault an error is: an unknown name is not the kernel's."""
        name = check.unknown_name(error)
        if name is None or self._defines(name):
            return "fix that line of the kernel"
        if not self.kernel.headers:
            return f"give the whole tree: its headers may define '{name}'"
        return (
            f"neither the headers that pyfuzz reads nor its shim define '{name}': if the kernel "
            "builds, csrc/shim/generic.h lacks it; please report it with this line"
        )

    def _defines(self, name: str) -> bool:
        """Tell whether a file that was read defines this name, so that another one is meant."""
        return self.index.find(name) is not None or self.index.prototype(name) is not None

    def _name(self) -> str:
        name = label(self.kernel.root or self.kernel.origin)
        return f"{name}+bug-on-data-corruption" if self.defines else name

    def _result(self, plan: emit.Plan, path: Path, compiled: bool) -> Extraction:
        kernel, found = self.kernel, self.found
        missing = tuple(Missing(name, reason) for name, reason in self.why.items())
        stubs = tuple(stub for stub in plan.closure.stubs.values() if not stub.quiet)
        members = tuple(
            f"{structure}'s {name}"
            for structure, hook in check.HOOKS.items()
            for name in self.members.get(hook, ())
        )
        target = Target(
            name=plan.name,
            generation=catalogue.EXTRACTED,
            policy=_policy(self.traits, bool(self.defines)),
            source=path,
            defines=self.defines,
            known=_known(self.traits, found),
            note="; ".join((f"from {kernel.mmu.shown}", *notes(missing, stubs, members))),
        )
        functions = {_operation(role): _taken(item) for role, item in found.items()}
        return Extraction(
            target=target,
            origin=kernel.origin,
            mmu=kernel.mmu.shown,
            traits=self.traits,
            functions=functions,
            taken=tuple(_taken(item) for item in emit.in_order(plan.closure.items, self.index)),
            stubbed=stubs,
            members=members,
            missing=missing,
            kernel_version=kernel.version,
            sha256=hashlib.sha256(_joined(kernel).encode("latin-1")).hexdigest(),
            compiled=compiled,
        )


def _joined(kernel: KernelSource) -> str:
    return "".join(file.text for file in kernel.code)


def _require(kernel: KernelSource, index: Index, found: dict[str, Item]) -> dict[str, str]:
    """Raise UsageError if a required role is missing; return why optional ones are."""
    shown = kernel.mmu.shown
    if not any(item.file.is_code for item in index.functions):
        raise UsageError(
            f"{shown}: defines no function that parses as C, so it is not an mmu.c; "
            "give a kernel tree, a source tarball or one mmu.c"
        )
    why: dict[str, str] = {}
    for role in roles.ROLES:
        if role.name in found:
            continue
        if role.required:
            raise UsageError(
                f"{shown}: {kernel.has_no} function that {role.what}; looked for "
                f"{', '.join(role.names)}, or another with parameters of the types "
                f"{', '.join(repr(kind) for kind in role.takes)} that does; "
                f"{_named(kernel, index, role.names) or _GIVE}"
            )
        why.setdefault(_operation(role.name), f"{kernel.has_no} function that {role.what}")
    if _operation(roles.FIRST) in why:
        found.pop(roles.FIRST, None)
        found.pop(roles.NEXT, None)
    return why


def _named(kernel: KernelSource, index: Index, names: tuple[str, ...]) -> str:
    """Say where a function is that could not be parsed, or is only declared; "" if nowhere."""
    for name in names:
        for file in kernel.code:
            match = re.search(rf"^[a-z][^;={{}}/]*\b{name}\b[^;={{}}]*\{{", file.text, re.MULTILINE)
            if match:
                line = file.text.count("\n", 0, file.text.index(name, match.start())) + 1
                where = "" if file is kernel.mmu else f" of {file.shown}"
                return (
                    f"{name} is named in line {line}{where} but does not parse as such a function"
                )
    for name in names:
        if (declared := index.prototype(name)) is not None:
            return (
                f"{name} is declared in {declared.place}, but defined neither there nor in a C "
                "file beside mmu.c: give the whole tree, with its definition in mmu.c's folder"
            )
    return ""


def _operation(role: str) -> str:
    """Return the operation of a role: "first" and "next" belong to iterate."""
    return "iterate" if role in (roles.FIRST, roles.NEXT) else role


def _covers(item: Item, error: check.CompileError) -> bool:
    return item.file.shown == error.file and item.line <= error.line <= item.last_line


# Folder names that do not identify a kernel.
_TELL_NOTHING = ("mmu.c",)


def label(origin: Path) -> str:
    """Name the target after the tree, the tarball or the file that the user gave.

    A folder inside a tree stands for the tree.
    """
    path = origin.resolve()
    for inside in source.MMU_PATHS:
        if path.as_posix().endswith(f"/{inside}"):
            path = path.parents[inside.count("/")]
    name = bare_name(path)
    if name in _TELL_NOTHING and path.parent.name:
        name = f"{path.parent.name}-{name}"
    return re.sub(r"[^\w.+-]", "_", name, flags=re.ASCII).strip("._") or "kernel"


def _policy(found: Traits, corruption_bug: bool) -> str:
    if "DATA_CORRUPTION" not in found.policy:
        return found.policy
    return f"{found.policy.removesuffix('()')}, config {'on' if corruption_bug else 'off'}"


def _known(found: Traits, functions: dict[str, Item]) -> tuple[Known, ...]:
    if not found.appends:
        return ()
    add = functions[roles.ADD]
    returns = f"{add.name} ({Path(add.file.shown).name}:{add.line}) returns"
    # The oracle's messages for exactly these numbers; any other number is a new finding.
    reasons = {
        "*up to the first descriptor with room": f"{returns} the entries up to the first "
        "descriptor with room, not those of the whole list"
    }
    if found.forgets_full:
        reasons["*before the last descriptor, which was full"] = (
            f"{returns} the entries before the last descriptor if all are full, "
            "not those of the whole list"
        )
    # Recycling depends on that number, so it is wrong as well.
    users = [add, *(functions[role] for role in (roles.RMAP_ADD,) if role in functions)]
    return tuple(
        Known(FindingKind.COUNT_CONTRACT, name, reason, message)
        for name in dict.fromkeys(item.name for item in users)
        for message, reason in reasons.items()
    )


def _taken(item: Item) -> Taken:
    kind = Kind.FUNCTION if item.kind is Kind.PROTOTYPE else item.kind
    return Taken(item.name, kind.value, item.file.shown, item.line)


def _write(text: str) -> Path:
    """Write the generated file, under a name derived from its content."""
    data = text.encode("latin-1")
    folder = paths.build_dir() / "extracted" / hashlib.sha256(data).hexdigest()[:16]
    path = folder / "target.c"
    if path.is_file() and path.read_bytes() == data:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(scratch).replace(path)
    return path
