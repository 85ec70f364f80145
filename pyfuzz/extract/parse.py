# SPDX-License-Identifier: GPL-2.0-only
"""Index what C files define, with tree-sitter: functions, types, macros, variables.

A kernel file rarely parses completely (loop macros, annotations that are
macros), which is harmless: every definition that does parse is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

import tree_sitter
import tree_sitter_c

from pyfuzz.extract.conditions import select
from pyfuzz.extract.source import SourceFile

# Annotations that the grammar takes for types.  Blanked before parsing only;
# what is compiled has them.
_ANNOTATION = re.compile(
    r"\b(?:__always_inline|__read_mostly|__ro_after_init|__init|__exit|__maybe_unused"
    r"|__must_check|__user|__rcu|__force|__cold|__hot|__weak|__packed|__percpu|__refdata"
    r"|____cacheline_aligned(?:_in_smp)?|__visible|asmlinkage|noinline(?:_for_stack)?"
    r"|noinstr|notrace|fallthrough|__private|__used|__attribute_const__|__pure"
    r"|__no_kcsan|__no_sanitize_address|__sched|__attribute__\s*\(\(.*?\)\)"
    r"|__(?:aligned|alloc_size|acquires|releases|must_hold|printf|section)\([^)]*\))(?!\w)"
)
# An annotation with an argument that we do not know: "static __x(1) int f(".
_CALL_BEFORE_TYPE = re.compile(r"(?m)(?<=^static)([\w \t]*?)\b__\w+\([^()]*\)(?=\s+\w[\w\s*]*\()")
_QUALIFIER = re.compile(
    r"\b(?:const|volatile|static|inline|extern|register|__rcu|__user|__always_inline"
    r"|__restrict|noinline|__must_check|__maybe_unused|__init)\b"
)
# An unknown annotation before a function's name, which is not its type.
_UNKNOWN_ANNOTATION = re.compile(r"\b__(?!(?:[us]|[lb]e)\d)\w+(?:\([^()]*\))?")
# After the "}" of a type definition come annotations, if any, and ";".
_AFTER_TYPE = re.compile(r"[^;{}]*;")
_SYNONYMS = {
    "uint64_t *": "u64 *",
    "__u64 *": "u64 *",
    "unsigned long long *": "u64 *",
    "unsigned": "unsigned int",
    "u32": "unsigned int",
    "uint32_t": "unsigned int",
}
TAGGED = ("struct_specifier", "union_specifier", "enum_specifier")


class Kind(Enum):
    """The kinds of definition."""

    FUNCTION = "function"
    PROTOTYPE = "prototype"
    TYPE = "type"
    VARIABLE = "variable"
    MACRO = "macro"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: its type without qualifiers (``struct kvm *``), and its name."""

    type: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One definition at the top level of a file.

    ``keys`` are the names that it defines (``struct x`` for tags); ``line`` is
    that of the first character of ``text``.  ``params`` and ``returns`` are a
    function's, types without qualifiers.
    """

    kind: Kind
    keys: tuple[str, ...]
    file: SourceFile
    line: int
    text: str
    params: tuple[Param, ...] = ()
    returns: str = ""
    node: tree_sitter.Node | None = None

    @property
    def name(self) -> str:
        """The first name that it defines."""
        return self.keys[0]

    @property
    def place(self) -> str:
        """``FILE:LINE`` in the user's kernel."""
        return f"{self.file.shown}:{self.line}"

    @property
    def is_declaration(self) -> bool:
        """Whether it is a variable that another file defines."""
        return self.kind is Kind.VARIABLE and self.text.startswith("extern ")

    @property
    def last_line(self) -> int:
        """The line of the last character of ``text``."""
        return self.line + self.text.count("\n")


class Index:
    """The definitions of several files; the first file that defines a name wins.

    What a C file defines in other words than an earlier one is found by ``own``.
    """

    def __init__(self, files: Iterable[SourceFile], config: Mapping[str, str]) -> None:
        self.files = tuple(files)
        self._items: dict[str, Item] = {}
        self._prototypes: dict[str, Item] = {}
        self._hidden: dict[tuple[str, str], Item] = {}
        self.functions: list[Item] = []
        for file in self.files:
            for item in items(file, config):
                self._add(item)

    def _add(self, item: Item) -> None:
        if item.kind is Kind.PROTOTYPE:
            self._prototypes.setdefault(item.name, item)
            return
        for key in item.keys:
            known = self._items.setdefault(key, item)
            # In one file the last #define counts, as it does for the code after it.
            if (item.kind is Kind.MACRO and known.file is item.file) or known.is_declaration:
                self._items[key] = item
            elif known.file is not item.file and item.file.is_code and known.text != item.text:
                self._hidden[key, item.file.path] = item
        if item.kind is Kind.FUNCTION and self._items[item.name] is item:
            self.functions.append(item)

    def find(self, key: str) -> Item | None:
        """Return the definition of a name (``struct x`` for a tag)."""
        return self._items.get(key)

    def own(self, key: str, file: SourceFile) -> Item | None:
        """Return what a C file itself defines by a name if ``find`` returns another's."""
        return self._hidden.get((key, file.path))

    def prototype(self, name: str) -> Item | None:
        """Return a prototype of a function."""
        return self._prototypes.get(name)

    def names(self) -> frozenset[str]:
        """Return all names that are defined."""
        return frozenset(self._items)


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def items(file: SourceFile, config: Mapping[str, str]) -> list[Item]:
    """List the definitions in a file for a kernel with ``config``."""
    text = select(file.text, config)
    blanked = _ANNOTATION.sub(lambda match: " " * len(match[0]), text)
    blanked = _CALL_BEFORE_TYPE.sub(
        lambda match: match[1] + " " * (len(match[0]) - len(match[1])), blanked
    )
    tree = _parser().parse(blanked.encode("latin-1"))
    return [item for node in _top(tree.root_node) if (item := _item(node, file, text))]


def _top(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield the definitions at the top level, including those inside parse errors."""
    for child in node.children:
        if child.type in ("ERROR", "linkage_specification", "declaration_list"):
            yield from _top(child)
        else:
            yield child


def _item(node: tree_sitter.Node, file: SourceFile, text: str) -> Item | None:
    kind, keys, params, returns = _what(node)
    if not keys:
        return None
    start, end = node.start_byte, node.end_byte
    if kind is Kind.TYPE and (rest := _AFTER_TYPE.match(text, end)):
        end = rest.end()
    line = text.count("\n", 0, start) + 1
    return Item(kind, keys, file, line, text[start:end], params, returns, node)


_What = tuple[Kind, tuple[str, ...], tuple[Param, ...], str]


def _what(node: tree_sitter.Node) -> _What:
    """Return the definition in a node; without names if there is none."""
    match node.type:
        case "function_definition":
            return _function(Kind.FUNCTION, node, node.child_by_field_name("declarator"))
        case "preproc_def" | "preproc_function_def":
            return Kind.MACRO, (text_of(node.child_by_field_name("name")),), (), ""
        case "struct_specifier" | "union_specifier" | "enum_specifier" | "type_definition":
            return Kind.TYPE, tuple(_type_keys(node)), (), ""
        case "declaration":
            declarators = node.children_by_field_name("declarator")
            for declarator in declarators:
                if (found := _function(Kind.PROTOTYPE, node, declarator))[1]:
                    return found
            names = tuple(name for d in declarators if (name := declared_name(d)))
            return Kind.VARIABLE, names, (), ""
    return Kind.TYPE, (), (), ""


def _function(kind: Kind, node: tree_sitter.Node, declarator: tree_sitter.Node | None) -> _What:
    function = _function_declarator(declarator)
    name = text_of(function and function.child_by_field_name("declarator"))
    if function is None or not name.isidentifier():
        return kind, (), (), ""
    return kind, (name,), _params(function), _returns(node, function)


def _returns(node: tree_sitter.Node, function: tree_sitter.Node) -> str:
    """Return the type before a function's name; an unknown annotation is not one."""
    before = text_of(node)[: function.start_byte - node.start_byte]
    words = _UNKNOWN_ANNOTATION.sub(" ", _QUALIFIER.sub(" ", before)).replace("*", " * ").split()
    full = f"{' '.join(w for w in words if w != '*')} {'*' * words.count('*')}".strip()
    return _SYNONYMS.get(full, full)


def _type_keys(node: tree_sitter.Node) -> Iterator[str]:
    """Yield the names in a type definition: its tag, typedef names, enumerators."""
    if node.type == "type_definition":
        for declarator in node.children_by_field_name("declarator"):
            if name := declared_name(declarator):
                yield name
        inner = node.child_by_field_name("type")
        if inner is not None and inner.type in TAGGED:
            yield from _type_keys(inner)
        return
    body = node.child_by_field_name("body")
    tag = node.child_by_field_name("name")
    if body is None:
        return
    if tag is not None:
        yield f"{node.type.removesuffix('_specifier')} {text_of(tag)}"
    if node.type == "enum_specifier":
        for child in body.children:
            if child.type == "enumerator":
                yield text_of(child.child_by_field_name("name"))


def _function_declarator(node: tree_sitter.Node | None) -> tree_sitter.Node | None:
    """Find the declarator of a function (not of a pointer to one) below ``node``."""
    while node is not None and node.type in ("pointer_declarator", "attributed_declarator"):
        node = node.child_by_field_name("declarator") or _first_declarator(node)
    return node if node is not None and node.type == "function_declarator" else None


def _first_declarator(node: tree_sitter.Node) -> tree_sitter.Node | None:
    return next((child for child in node.children if child.type.endswith("declarator")), None)


def declared_name(node: tree_sitter.Node | None) -> str:
    """Return the name that a declarator declares, "" if there is none."""
    while node is not None:
        if node.type in ("identifier", "type_identifier", "field_identifier"):
            return text_of(node)
        inner = node.child_by_field_name("declarator")
        if inner is None:
            inner = next((c for c in node.children if c.type.endswith("declarator")), None)
        node = inner
    return ""


def _params(function: tree_sitter.Node) -> tuple[Param, ...]:
    params = []
    listed = function.child_by_field_name("parameters")
    for node in listed.children if listed else ():
        if node.type == "parameter_declaration":
            declarator = node.child_by_field_name("declarator")
            kind = _type(node.child_by_field_name("type"), declarator)
            if kind != "void":
                params.append(Param(kind, declared_name(declarator)))
        elif node.type == "variadic_parameter":
            params.append(Param("...", ""))
    return tuple(params)


def _type(node: tree_sitter.Node | None, declarator: tree_sitter.Node | None) -> str:
    base = " ".join(_QUALIFIER.sub(" ", text_of(node)).split())
    stars = ""
    while declarator is not None:
        if declarator.type.removeprefix("abstract_") in ("pointer_declarator", "array_declarator"):
            stars += "*"
        elif declarator.type == "function_declarator" and not stars:
            inner = declarator.child_by_field_name("declarator")
            if inner is not None and inner.type == "parenthesized_declarator":
                return "function *"
        declarator = declarator.child_by_field_name("declarator")
    full = f"{base} {stars}".strip()
    return _SYNONYMS.get(full, full)


def text_of(node: tree_sitter.Node | None) -> str:
    if node is None or node.text is None:
        return ""
    return node.text.decode("latin-1")
