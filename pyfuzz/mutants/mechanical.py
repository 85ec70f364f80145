# SPDX-License-Identifier: GPL-2.0-only
"""Faults made by rule from a target's own source: operators, constants, statements.

Those that nobody could tell from the right code are listed, with the reason
why, in ``equivalent.toml``; an entry that fits no fault any more is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import tree_sitter

from pyfuzz import paths
from pyfuzz.errors import HarnessError
from pyfuzz.mutants.fault import Edit, Fault
from pyfuzz.mutants.patterns import Function, walk
from pyfuzz.mutants.sources import Source

_LISTED = Path(__file__).with_name("equivalent.toml")
_OPERATORS = {
    "==": ("!=",),
    "!=": ("==",),
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "+": ("-",),
    "-": ("+",),
    "&": ("|",),
    "|": ("&",),
    "&&": ("||",),
    "||": ("&&",),
    "+=": ("-=", "="),
    "++": ("--",),
    "--": ("++",),
}
# What the harness and the shim bring along is not under test.
_OURS = ("kvm_vm_bugged", "kvm_vm_dead")


def faults(source: Source) -> list[Fault]:
    """Return the mechanical faults of a target; names stay while its source does.

    Errors: HarnessError if an equivalent fault is listed that is not there.
    """
    found: list[Fault] = []
    for name, function in source.functions.items():
        if name in _OURS or not name:
            continue
        for number, (what, old, new, at) in enumerate(_changes(function, source.text), 1):
            edit = Edit((name,), old, new, at)
            found.append(
                Fault(
                    name=f"{name}/{number}",
                    what=f"{what}: {_short(old)} -> {_short(new)}",
                    like="a slip of the keyboard",
                    kinds=(),
                    choices=((edit,),),
                    group="mechanical",
                )
            )
    ours = source.target.source.is_relative_to(paths.csrc())
    return _with_reasons(found, _listed(source.target.source.stem)) if ours else found


def _changes(function: Function, text: bytes) -> Iterator[tuple[str, str, str, int]]:
    """Yield what each change is, its pattern, its replacement, and which match it is."""
    seen: dict[tuple[str, str], set[str]] = {}
    body = function.node.child_by_field_name("body")
    for node in walk(body) if body is not None else ():
        for what, old, new in _of(node, text):
            # A constant's pattern is the expression around it.
            begin = (node.parent or node).start_byte if what == "constant" else node.start_byte
            starts = [match.start for match in function.find(old)]
            at = starts.index(begin) + 1 if begin in starts else 0
            key = (old, str(at))
            if not at or new in seen.setdefault(key, set()):
                continue
            seen[key].add(new)
            yield what, old, new, at


def _of(node: tree_sitter.Node, text: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield the changes of one node."""
    whole = _text(node, text)
    match node.type:
        case "binary_expression" | "assignment_expression" | "update_expression":
            yield from _operators(node, text)
        case "unary_expression":
            operand = node.child_by_field_name("argument")
            if whole.startswith("!") and operand is not None:
                yield "negation left out", whole, f"!!{_text(operand, text)}"
        case "number_literal":
            parent = node.parent
            context = _text(parent, text) if parent is not None else ""
            if parent is not None and context.count(whole) == 1:
                yield "constant", context, context.replace(whole, f"({whole} + 1)", 1)
        case "if_statement":
            condition = _text(node.child_by_field_name("condition"), text)
            if not condition.startswith("(!"):
                yield "condition negated", f"if {condition}", f"if (!{condition})"
        case "conditional_expression":
            for part in ("consequence", "alternative"):
                yield f"always the {part}", whole, _text(node.child_by_field_name(part), text)
        case "expression_statement" | "continue_statement" | "goto_statement":
            yield "statement removed", whole, ";"
        case "return_statement" if whole.replace(" ", "") == "return;":
            yield "statement removed", whole, ";"


def _operators(node: tree_sitter.Node, text: bytes) -> Iterator[tuple[str, str, str]]:
    operator = node.child_by_field_name("operator")
    assert operator is not None
    before = text[node.start_byte : operator.start_byte].decode("latin-1")
    after = text[operator.end_byte : node.end_byte].decode("latin-1")
    for other in _OPERATORS.get(_text(operator, text), ()):
        yield "operator", _text(node, text), f"{before}{other}{after}"


def _with_reasons(found: list[Fault], listed: dict[str, tuple[str, str]]) -> list[Fault]:
    names = {fault.name: fault for fault in found}
    for name, (what, reason) in listed.items():
        fault = names.get(name)
        if fault is None or fault.what != what:
            raise HarnessError(
                f"{_LISTED.name}: {name} must be '{what}', is "
                f"{repr(fault.what) if fault else 'not there'}: mend the list; please report"
            )
        names[name] = Fault(
            fault.name, fault.what, fault.like, fault.kinds, fault.choices, fault.group, reason
        )
    return list(names.values())


@cache
def _read() -> dict[str, dict[str, tuple[str, str]]]:
    by_source: dict[str, dict[str, tuple[str, str]]] = {}
    for table in tomllib.loads(_LISTED.read_text()).get("equivalent", ()):
        for target in table["targets"]:
            of_target = by_source.setdefault(target, {})
            of_target[table["name"]] = (table["what"], table["reason"])
    return by_source


def _listed(source: str) -> dict[str, tuple[str, str]]:
    return _read().get(source, {})


def _text(node: tree_sitter.Node | None, text: bytes) -> str:
    if node is None:
        return ""
    return text[node.start_byte : node.end_byte].decode("latin-1")


def _short(code: str) -> str:
    plain = " ".join(code.split())
    return f"`{plain}`"
