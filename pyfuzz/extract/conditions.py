# SPDX-License-Identifier: GPL-2.0-only
"""Resolve #if and friends as a default x86-64 kernel does, keeping line numbers.

Only conditionals: macros are left as they are.  Untaken branches and the
directives themselves become empty lines, so that every other line keeps the
number that it has in the user's file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

# The options that KVM's MMU tests and that a distribution's x86-64 kernel sets.
# All others count as not set: debug options, and vendors' own.
DEFAULT_CONFIG: Mapping[str, str] = dict.fromkeys(
    (
        "CONFIG_X86",
        "CONFIG_X86_64",
        "CONFIG_64BIT",
        "CONFIG_SMP",
        "CONFIG_MMU",
        "CONFIG_MMU_NOTIFIER",
        "CONFIG_KVM",
        "CONFIG_HAVE_KVM",
        "CONFIG_KVM_MMIO",
        "CONFIG_KVM_GENERIC_MMU_NOTIFIER",
        "CONFIG_PREEMPTION",
        "CONFIG_TRANSPARENT_HUGEPAGE",
        "__KERNEL__",
    ),
    "1",
)

_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w+)[ \t]*(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DEFINED = re.compile(r"\bdefined\s*(?:\(\s*(\w+)\s*\)|(\w+))")
_ENABLED = re.compile(r"\bIS_(?:ENABLED|BUILTIN|REACHABLE|MODULE)\s*\(\s*(\w+)\s*\)")
_CALL = re.compile(r"\b[A-Za-z_]\w*\s*\([^()]*\)")
_SUFFIX = re.compile(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b")
_OCTAL = re.compile(r"\b0+(\d)")
# "/*" that is neither in a string nor after "//".
_OPENS_COMMENT = re.compile(
    r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//.*|/\*(?P<open>.*)', re.DOTALL
)


@dataclass(slots=True)
class _Branch:
    """One open #if … #endif: whether it is live, and whether a branch was taken."""

    outer: bool
    taken: bool
    live: bool


def select(text: str, config: Mapping[str, str]) -> str:
    """Blank out what a kernel with ``config`` (name to value) does not compile."""
    macros = dict(config)
    branches: list[_Branch] = []
    kept: list[str] = []
    in_comment = False
    for logical in _logical_lines(text):
        live = not branches or branches[-1].live
        match = None if in_comment else _DIRECTIVE.match(logical)
        if match and match[1] in ("if", "ifdef", "ifndef", "elif", "else", "endif"):
            _branch(branches, match[1], _uncommented(match[2]), macros)
            keep = False
        else:
            keep = live
            if match and live:
                _remember(macros, match[1], _uncommented(match[2]))
        in_comment = _ends_in_comment(logical, in_comment)
        kept.append(logical if keep else "\n" * logical.count("\n"))
    return "".join(kept)


def _logical_lines(text: str) -> list[str]:
    """Split into lines, joining those that a backslash continues."""
    lines: list[str] = []
    continued = False
    for line in re.findall(r"[^\n]*\n|[^\n]+\Z", text):
        if continued:
            lines[-1] += line
        else:
            lines.append(line)
        continued = line.rstrip("\n").endswith("\\")
    return lines


def _uncommented(text: str) -> str:
    return _COMMENT.sub(" ", text.replace("\\\n", " ")).split("/*")[0].strip()


def _ends_in_comment(line: str, in_comment: bool) -> bool:
    rest = line
    while True:
        if in_comment:
            _, end, rest = rest.partition("*/")
            if not end:
                return True
            in_comment = False
        opening = next((m for m in _OPENS_COMMENT.finditer(rest) if m["open"] is not None), None)
        if opening is None:
            return False
        rest, in_comment = opening["open"], True


def _branch(branches: list[_Branch], word: str, rest: str, macros: Mapping[str, str]) -> None:
    outer = not branches or branches[-1].live
    if word in ("if", "ifdef", "ifndef"):
        if word == "if":
            holds = outer and _holds(rest, macros)
        else:
            name = _NAME.match(rest)
            holds = (name is not None and name[0] in macros) == (word == "ifdef")
        branches.append(_Branch(outer, holds, outer and holds))
        return
    if not branches:
        return  # An #endif without #if: the user's own compiler would reject it.
    branch = branches[-1]
    if word == "endif":
        branches.pop()
        return
    holds = not branch.taken and (word == "else" or (branch.outer and _holds(rest, macros)))
    branch.live = branch.outer and holds
    branch.taken = branch.taken or holds


def _remember(macros: dict[str, str], word: str, rest: str) -> None:
    match = _NAME.match(rest)
    if match is None:
        return
    if word == "define":
        macros[match[0]] = rest[match.end() :].strip()
    elif word == "undef":
        macros.pop(match[0], None)


def _holds(expression: str, macros: Mapping[str, str]) -> bool:
    """Evaluate an #if expression; one that cannot be evaluated is false."""
    text = _DEFINED.sub(lambda m: str(int((m[1] or m[2]) in macros)), expression)
    text = _ENABLED.sub(lambda m: str(int(macros.get(m[1]) == "1")), text)
    for _ in range(8):  # A macro may name another; a cycle ends here.
        replaced = _NAME.sub(lambda m: macros.get(m[0], m[0]), text)
        if replaced == text:
            break
        text = replaced
    text = _SUFFIX.sub(r"\1", _CALL.sub("0", text))
    text = _NAME.sub("0", re.sub(r"\b0[xX][0-9a-fA-F]+", lambda m: str(int(m[0], 16)), text))
    text = _OCTAL.sub(r"\1", text)
    # C's "!" binds tighter than Python's "not"; "~" binds as tightly and replaces it.
    text = re.sub(r"!(?!=)", "~", text).replace("&&", " and ").replace("||", " or ")
    try:
        return bool(_value(ast.parse(text.strip(), mode="eval").body))
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return False


def _value(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            return int(not _value(operand))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BoolOp(op=ast.And(), values=values):
            return int(all(_value(value) for value in values))
        case ast.BoolOp(values=values):
            return int(any(_value(value) for value in values))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return int(_COMPARE[type(op)](_value(left), _value(right)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left), _value(right))
    raise ValueError(ast.dump(node))


_COMPARE = {
    ast.Eq: int.__eq__,
    ast.NotEq: int.__ne__,
    ast.Lt: int.__lt__,
    ast.LtE: int.__le__,
    ast.Gt: int.__gt__,
    ast.GtE: int.__ge__,
}
_BINARY = {
    ast.Add: int.__add__,
    ast.Sub: int.__sub__,
    ast.Mult: int.__mul__,
    ast.LShift: int.__lshift__,
    ast.RShift: int.__rshift__,
    ast.BitAnd: int.__and__,
    ast.BitOr: int.__or__,
}
