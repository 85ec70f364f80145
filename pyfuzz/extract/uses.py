# SPDX-License-Identifier: GPL-2.0-only
"""Find the names that a definition uses, and how, to decide what can be stubbed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter

from pyfuzz.extract.parse import TAGGED, Item, Kind, declared_name, text_of

_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.DOTALL)
# Two underscores in front, but not the kernel's __u64 and __le32.
_ANNOTATION = re.compile(r"\b(__(?!(?:[us]|[lb]e)\d)\w+)(\s*\()?")
_TAG = re.compile(r"\b(struct|union|enum)\s+(\w+)")
_TOKEN = re.compile(r"(->|\.)?\s*\b([A-Za-z_]\w*)(\s*\()?")
_CAST_BY_POINTER = re.compile(r"\b(struct|union)\s+(\w+)\s*\*")


@dataclass(slots=True)
class Uses:
    """The names that a definition uses, except for those that it declares itself.

    ``names``: all, in order of appearance (``struct x`` for a tag used by value).
    ``calls`` maps functions to whether their value is used anywhere.  ``pointed``:
    tags used only through pointers.  ``blocks``: macros that start a block, like
    loops.  ``fields``: members.  ``annotations``, before a function's name or after
    a structure, map to whether they take arguments.
    """

    names: dict[str, None] = field(default_factory=dict)
    calls: dict[str, bool] = field(default_factory=dict)
    pointed: dict[str, None] = field(default_factory=dict)
    blocks: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    annotations: dict[str, bool] = field(default_factory=dict)


def uses(item: Item) -> Uses:
    """Analyse one definition."""
    if item.kind is Kind.MACRO:
        return _macro_uses(item)
    found = Uses()
    assert item.node is not None
    declared = set(_declared(item.node)) | set(item.keys)
    for node in _walk(item.node):
        _look(node, found, declared)
    for key in item.keys:
        found.names.pop(key, None)
        found.pointed.pop(key, None)
    # The parser does not recognise all of them, so search the text.
    before, after = item.text.partition(item.name)[0], item.text.rpartition("}")[2]
    for name, arguments in _ANNOTATION.findall(after if item.kind is Kind.TYPE else before):
        if name not in item.keys:
            found.annotations[name] = bool(arguments)
    return found


def _macro_uses(item: Item) -> Uses:
    found = Uses()
    assert item.node is not None
    parameters = item.node.child_by_field_name("parameters")
    own = {text_of(child) for child in parameters.children} if parameters else set()
    own |= {*item.keys, "__VA_ARGS__"}
    body = _NOISE.sub(" ", text_of(item.node.child_by_field_name("value")))
    for tag, name in _CAST_BY_POINTER.findall(body):
        found.pointed[f"{tag} {name}"] = None
    for tag, name in _TAG.findall(body):
        if f"{tag} {name}" not in found.pointed:
            found.names[f"{tag} {name}"] = None
    for member, name, call in _TOKEN.findall(_TAG.sub(" ", body)):
        if member:
            found.fields.add(name)
        elif name not in own and not _KEYWORD.fullmatch(name):
            found.names[name] = None
            if call:
                found.calls[name] = True
    return found


_KEYWORD = re.compile(
    r"if|else|for|while|do|switch|case|default|break|continue|return|goto|sizeof|typeof"
    r"|__typeof__|static|const|volatile|inline|extern|int|long|short|char|unsigned|signed"
    r"|void|bool|struct|union|enum|true|false|NULL|__func__|__auto_type|_Bool"
)


def _walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    # Not recursive: a file may nest deeper than Python allows.
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _declared(node: tree_sitter.Node) -> Iterator[str]:
    """Yield the names that parameters and local declarations introduce."""
    for inner in _walk(node):
        if inner.type in ("parameter_declaration", "declaration"):
            for declarator in inner.children_by_field_name("declarator"):
                yield declared_name(declarator)


def _look(node: tree_sitter.Node, found: Uses, declared: set[str]) -> None:
    match node.type:
        case "identifier":
            name = text_of(node)
            if name in declared or _KEYWORD.fullmatch(name):
                return
            found.names[name] = None
            call = node.parent
            if call is not None and call.type == "call_expression" and _is_callee(node, call):
                found.calls[name] = found.calls.get(name, False) or _value_wanted(call)
                if _heads_block(call):
                    found.blocks.add(name)
        case "type_identifier":
            if node.parent is None or node.parent.type not in TAGGED:
                found.names[text_of(node)] = None
        case "field_identifier":
            found.fields.add(text_of(node))
        case kind if kind in TAGGED:
            tag = text_of(node.child_by_field_name("name"))
            if tag and node.child_by_field_name("body") is None:
                key = f"{node.type.removesuffix('_specifier')} {tag}"
                (found.pointed if _by_pointer(node) else found.names)[key] = None


def _is_callee(node: tree_sitter.Node, call: tree_sitter.Node) -> bool:
    return call.child_by_field_name("function") == node


def _value_wanted(call: tree_sitter.Node) -> bool:
    """Tell whether the return value of the call is used."""
    parent = call.parent
    if parent is None:
        return True
    if parent.type == "cast_expression":
        if text_of(parent.child_by_field_name("type")) != "void":
            return True
        parent = parent.parent
    return parent is None or parent.type != "expression_statement" or _heads_block(call)


def _heads_block(call: tree_sitter.Node) -> bool:
    """Tell whether the call is a macro followed by a statement, like for_each_x()."""
    statement = call.parent
    if statement is None or statement.type != "expression_statement":
        return False
    return any(child.is_missing for child in statement.children)


def _by_pointer(node: tree_sitter.Node) -> bool:
    """Tell whether ``struct x`` is only a pointer's target here."""
    parent = node.parent
    if parent is None:
        return False
    declarators = parent.children_by_field_name("declarator")
    if not declarators:
        return False
    return all(_points(declarator) for declarator in declarators)


def _points(declarator: tree_sitter.Node) -> bool:
    inner: tree_sitter.Node | None = declarator
    if inner is not None and inner.type == "init_declarator":
        inner = inner.child_by_field_name("declarator")
    return inner is not None and inner.type in (
        "pointer_declarator",
        "abstract_pointer_declarator",
    )
