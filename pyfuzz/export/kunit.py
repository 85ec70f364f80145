# SPDX-License-Identifier: GPL-2.0-only
"""KUnit tests for a kernel: one C file for the end of mmu.c, a case for each sequence.

The cases call the kernel's own functions, with its own memory cache; csrc/kunit
has the rest of a VM.  How the functions are called is read off the target, so a
file is for kernels whose functions have the same parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyfuzz import __version__, paths
from pyfuzz.errors import HarnessError, UsageError
from pyfuzz.export import c_operations, seam
from pyfuzz.export.flatten import flatten
from pyfuzz.sequence.container import SequenceFile
from pyfuzz.sequence.text import format_operation
from pyfuzz.target.catalogue import Target
from pyfuzz.worlds.lists.model import Model
from pyfuzz.worlds.lists.operation import Context, Opcode, Operation

_NOT_HERE = {
    Opcode.RMAP_ADD: "needs a memslot",
    Opcode.RMAP_REMOVE: "needs a memslot",
    Opcode.RMAP_REMOVE_STRAY: "needs a memslot",
    Opcode.RMAP_REMOVE_OFF: "needs a memslot",
    Opcode.ENTER: "needs a vCPU that runs",
    Opcode.CREATE: "needs VMs that come and go",
    Opcode.DESTROY: "needs VMs that come and go",
}
_ADDS, _REMOVES, _WHOLE = (
    {opcode: word for opcode, word in table.items() if opcode not in _NOT_HERE}
    for table in (c_operations.ADDS, c_operations.REMOVES, c_operations.WHOLE)
)
HOOK = ("/* KUnit tests of the reverse maps, made by pyfuzz. */", '#include "{name}"')


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sequence that cannot be a test case, and why."""

    file: SequenceFile
    why: str


def render(files: Iterable[SequenceFile], target: Target, name: str) -> tuple[bytes, list[Skipped]]:
    """Return the C file, and which sequences have no case in it.

    ``name`` is the file's future name.  Errors: UsageError if there is no case.
    """
    _, calls = seam.split(flatten(target))
    skipped: list[Skipped] = []
    cases: list[str] = []
    names: dict[str, str] = {}
    for file in files:
        why = _unfit(file, calls)
        if why:
            skipped.append(Skipped(file, why))
            continue
        case = _case_name(file, names)
        cases += ["", *_case(case, file, calls)]
    if not names:
        why = "; ".join(f"{one.file.path} {one.why}" for one in skipped) or "none was given"
        raise UsageError(f"no sequence can be a KUnit test: {why}")
    lines = [
        *_head(target, name),
        *_fragment_with_calls(calls),
        *cases,
        "",
        "static struct kunit_case rmap_test_cases[] = {",
        *(f"\tKUNIT_CASE({one})," for one in names),
        "\t{}",
        "};",
        "",
        "static struct kunit_suite rmap_test_suite = {",
        '\t.name = "kvm_rmap_pyfuzz",',
        "\t.init = rmap_test_init,",
        "\t.exit = rmap_test_exit,",
        "\t.test_cases = rmap_test_cases,",
        "};",
        "kunit_test_suite(rmap_test_suite);",
        "#endif",
    ]
    return ("\n".join(lines) + "\n").encode(), skipped


def patch(mmu: str, name: str, path: str = "arch/x86/kvm/mmu/mmu.c") -> bytes:
    """Return the patch of two lines that includes the file; ``mmu`` is the text of mmu.c."""
    lines = mmu.removesuffix("\n").split("\n")
    context = lines[-3:]
    first = len(lines) - len(context) + 1
    return "\n".join(
        [
            f"--- a/{path}",
            f"+++ b/{path}",
            f"@@ -{first},{len(context)} +{first},{len(context) + 2} @@",
            *(f" {line}" for line in context),
            *(f"+{line.format(name=name)}" for line in HOOK),
            "",
        ]
    ).encode("latin-1")


def _unfit(file: SequenceFile, calls: seam.Seam) -> str:
    """Return why a sequence cannot be a case, "" if it can."""
    if file.input.encoding.world != "lists":
        return f"is of the world {file.input.encoding.world}"
    if file.faults:
        return "damages memory from outside"
    if "ITER_FIRST" not in calls.calls:
        return "needs an iterator, which the target does not have"
    for op in file.operations:
        opcode = op.opcode
        if opcode in _NOT_HERE:
            return f"has '{format_operation(op)}', which {_NOT_HERE[opcode]}"
        if opcode is Opcode.CONTEXT and op.operand not in (Context.OWN, Context.KWORKER):
            return f"has '{format_operation(op)}', which needs a vCPU that runs"
        needed = _ADDS.get(opcode) or _REMOVES.get(opcode) or _WHOLE.get(opcode)
        if needed is not None and needed not in calls.calls:
            return f"has '{format_operation(op)}', which the target has no function for"
    return ""


def _case_name(file: SequenceFile, names: dict[str, str]) -> str:
    base = "rmap_test_" + (re.sub(r"\W+", "_", file.path.stem, flags=re.ASCII) or "x").lower()
    name, number = base, 1
    while name in names:
        number += 1
        name = f"{base}_{number}"
    names[name] = str(file.path)
    return name


def _head(target: Target, name: str) -> list[str]:
    hook = "\\n".join(HOOK).format(name=name).replace("/*", "/ *").replace("*/", "* /")
    return [
        "/* SPDX-License-Identifier: GPL-2.0-only */",
        "/*",
        f" * KUnit tests of KVM's reverse maps, made by pyfuzz {__version__}.",
        " *",
        f" * For kernels whose functions have the parameters of {target.name}.",
        f" * Copy this file to arch/x86/kvm/mmu/{name}, and add to the end of mmu.c:",
        " *",
        *(f" *\t{line}" for line in hook.split("\\n")),
        " *",
        " * Tests whose sequence has an error are skipped where an error is a BUG().",
        " */",
        "#if IS_ENABLED(CONFIG_KUNIT)",
        "#include <kunit/test.h>",
        "",
    ]


def _fragment_with_calls(calls: seam.Seam) -> list[str]:
    """Return csrc/kunit with the functions that it needs and that call the target's."""
    path = paths.csrc() / "kunit" / "lists.c"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise HarnessError(
            f"{path} cannot be read: {error.strerror}; install pyfuzz again"
        ) from error
    lines = text.removesuffix("\n").split("\n")[1:]
    at = lines.index("/* The list holds what was added and not removed, each once. */")
    behind = lines.index("static void rmap_test_exit(struct kunit *test)")
    return [*lines[:at], *_walk(calls), *lines[at:behind], *_empty(calls), *lines[behind:]]


def _walk(calls: seam.Seam) -> list[str]:
    first = calls.call("ITER_FIRST", "vm", head="head", iter="iter")
    following = calls.call("ITER_NEXT", "vm", iter="iter")
    return [
        "static u64 *rmap_test_first(unsigned int vm, struct kvm_rmap_head *head,",
        f"\t\t\t    {calls.iterator} *iter)",
        "{",
        f"\treturn {first};",
        "}",
        "",
        f"static u64 *rmap_test_next(unsigned int vm, {calls.iterator} *iter)",
        "{",
        f"\treturn {following};",
        "}",
        "",
    ]


def _empty(calls: seam.Seam) -> list[str]:
    if "ZAP_ALL" in calls.calls and "PARENT_UNLINK" in calls.calls:
        zap = calls.call("ZAP_ALL", "vm", head="the_head(vm, head)")
        unlink = calls.call("PARENT_UNLINK", "vm", sp="the_page(vm, head)")
        body = [f"\tif (head < RMAP_TEST_FRAMES)\n\t\t{zap};", f"\telse\n\t\t{unlink};"]
    else:
        remove = calls.call("REMOVE", "vm", head="the_head(vm, head)", sptep="the_spte(vm, s)")
        body = [
            "\tfor (unsigned int s = 0; s < RMAP_TEST_SPTES; s++) {",
            "\t\tif (rmap_test_vms[vm].in_list[s] != head + 1)",
            "\t\t\tcontinue;",
            f"\t\t{remove};",
            "\t\t*the_spte(vm, s) = 0;",
            "\t}",
        ]
    return [
        "/* What the kernel does with each list of a VM that it destroys. */",
        "static void rmap_test_empty(struct kunit *test, unsigned int vm,",
        "\t\t\t    unsigned int head)",
        "{",
        *body,
        "\trmap_test_zapped(test, vm, head);",
        "}",
        "",
    ]


def _case(name: str, file: SequenceFile, calls: seam.Seam) -> Iterator[str]:
    model = Model(calls.opcodes, recycles=False)
    body: list[str] = []
    error = False
    for number, op in enumerate(file.operations, 1):
        body += ["", f"\t/* {number}. {format_operation(op)} */"]
        for run in c_operations.runs(model, op):
            error = error or run.error
            body += _steps(run, calls)
    yield f"static void {name}(struct kunit *test)"
    yield "{"
    if error:
        yield "\tif (IS_ENABLED(CONFIG_BUG_ON_DATA_CORRUPTION))"
        yield '\t\tkunit_skip(test, "an error is a BUG() in this kernel");'
    yield from body if error else body[1:]
    yield "}"


def _steps(run: c_operations.Run, calls: seam.Seam) -> Iterator[str]:
    op = run.op
    if op.opcode is Opcode.CONTEXT or run.skipped:
        yield "\t/* nothing to do here */"
        return
    sptes = run.sptes
    if len(run.predictions) == 1:
        yield "\t{"
        yield from [f"\t\tunsigned int s = {sptes[0]};", ""] if sptes else []
    elif sptes == list(range(sptes[0], sptes[0] + len(sptes))) if sptes else False:
        yield f"\tfor (unsigned int s = {sptes[0]}; s < {sptes[0] + len(sptes)}; s++) {{"
    elif sptes:
        yield "\t{"
        yield "\tstatic const u16 chosen[] = {"
        for at in range(0, len(sptes), 12):
            yield "\t\t" + ", ".join(map(str, sptes[at : at + 12])) + ","
        yield "\t};"
        yield ""
        yield "\tfor (unsigned int i = 0; i < ARRAY_SIZE(chosen); i++) {"
        yield "\t\tunsigned int s = chosen[i];"
        yield ""
    else:
        yield f"\tfor (unsigned int i = 0; i < {len(run.predictions)}; i++) {{"
    yield from (f"\t\t{line}" for line in _step(run, calls))
    if len(sptes) > 1 and sptes != list(range(sptes[0], sptes[0] + len(sptes))):
        yield "\t}"
    yield "\t}"


def _step(run: c_operations.Run, calls: seam.Seam) -> Iterator[str]:
    op = run.op
    at = f"{op.vm}, {op.head}"
    error = "true" if run.error else "false"
    entries = f"rmap_test_vms[{op.head_vm}].entries[{op.head}]"
    if op.opcode in _ADDS:
        call = _call(_ADDS[op.opcode], op, calls)
        yield f"rmap_test_map(test, {op.vm}, s);"
        if op.opcode is Opcode.ADD:
            yield f"KUNIT_EXPECT_EQ(test, {entries}, (unsigned int){call});"
        else:
            yield f"{call};"
        yield f"rmap_test_added({at}, s);"
    elif op.opcode in _REMOVES:
        yield f"{_call(_REMOVES[op.opcode], op, calls)};"
        if not run.error:
            yield f"rmap_test_removed({at}, s);"
    elif op.opcode in _WHOLE:
        yield f"{_call(_WHOLE[op.opcode], op, calls)};"
        yield f"rmap_test_zapped(test, {at});"
    elif op.opcode is Opcode.COUNT and "COUNT" in calls.calls:
        call = _call("COUNT", op, calls)
        yield f"KUNIT_EXPECT_EQ(test, {entries}, (unsigned int){call});"
    yield f"rmap_test_end(test, {op.vm}, {op.head_vm}, {op.head}, {error});"


def _call(name: str, op: Operation, calls: seam.Seam) -> str:
    return calls.call(
        name,
        str(op.vm),
        head=f"the_head({op.head_vm}, {op.head})",
        sp=f"the_page({op.vm}, {op.head})",
        sptep=f"the_spte({op.vm}, s)",
    )
