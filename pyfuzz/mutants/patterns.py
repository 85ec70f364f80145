# SPDX-License-Identifier: GPL-2.0-only
"""Find a pattern of C tokens in a parsed function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import tree_sitter
import tree_sitter_c

from pyfuzz.errors import HarnessError

# What a pattern is made of: a name of its own, or a token of C.
_TOKEN = re.compile(
    r"""\$\w+|\w+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|->|\+\+|--|<<=|>>=|<<|>>"""
    r"""|[-+*/%&|^=!<>]=|&&|\|\||\S"""
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token of the source: its text, and its bytes from ``start`` to ``end``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern is: bytes from ``start`` to ``end``, and what its names stand for."""

    start: int
    end: int
    names: dict[str, str]

    def fill(self, text: str) -> str:
        """Return ``text`` with the pattern's names replaced by what they stand for."""
        unknown = set(re.findall(r"\$\w+", text)) - set(self.names)
        if unknown:
            raise HarnessError(
                f"'{text}' has {min(unknown)}, which its pattern does not have; please report"
            )
        return re.sub(r"\$\w+", lambda name: self.names[name[0]], text)


@cache
def parser() -> tree_sitter.Parser:
    """Return a parser of C."""
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def tokens_of(pattern: str) -> list[str]:
    """Split a pattern into tokens."""
    return _TOKEN.findall(pattern)


def walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield a node and all below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


class Function:
    """A function's tokens and the extents of what it is made of, read when first asked for."""

    def __init__(self, node: tree_sitter.Node, source: bytes) -> None:
        """Take a ``function_definition`` of the parsed ``source``."""
        self.node = node
        self._source = source

    @cached_property
    def tokens(self) -> list[Token]:
        """The tokens, without comments."""
        found: list[Token] = []
        for leaf in walk(self.node):
            if leaf.type == "comment" or leaf.children:
                continue
            text = self._source[leaf.start_byte : leaf.end_byte].decode("latin-1")
            # A pattern's tokens and the grammar's differ (a string is several).
            found += [
                Token(m[0], leaf.start_byte + m.start(), leaf.start_byte + m.end())
                for m in _TOKEN.finditer(text)
            ]
        return found

    @cached_property
    def _ends(self) -> dict[int, set[int]]:
        """Where the named parts end that begin at a byte."""
        ends: dict[int, set[int]] = {}
        for part in walk(self.node):
            if part.is_named and part.type not in ("field_identifier", "comment"):
                ends.setdefault(part.start_byte, set()).add(part.end_byte)
        return ends

    def find(self, pattern: str) -> list[Match]:
        """Return all places of a pattern, in the order of the text."""
        wanted = tokens_of(pattern)
        found: dict[int, Match] = {}
        for i in range(len(self)):
            match = self._match(wanted, 0, i, {}, self.tokens[i].start)
            # Of a->b and b, both before the same end, the whole is meant.
            if match and match.end not in found:
                found[match.end] = match
        return list(found.values())

    def __len__(self) -> int:
        return len(self.tokens)

    def _match(
        self, wanted: list[str], w: int, i: int, names: dict[str, str], start: int
    ) -> Match | None:
        while w < len(wanted) and i < len(self.tokens):
            if wanted[w].startswith("$"):
                return self._match_name(wanted, w, i, names, start)
            if wanted[w] != self.tokens[i].text:
                return None
            w, i = w + 1, i + 1
        return Match(start, self.tokens[i - 1].end, names) if w == len(wanted) else None

    def _match_name(
        self, wanted: list[str], w: int, i: int, names: dict[str, str], start: int
    ) -> Match | None:
        """Try every expression or statement that begins here, the shortest first."""
        ends = self._ends.get(self.tokens[i].start, set())
        for k in range(i, len(self.tokens)):
            if self.tokens[k].end not in ends:
                continue
            text = self._source[self.tokens[i].start : self.tokens[k].end].decode("latin-1")
            if tokens_of(names.get(wanted[w], text)) != tokens_of(text):
                continue
            found = self._match(wanted, w + 1, k + 1, {**names, wanted[w]: text}, start)
            if found:
                return found
        return None
