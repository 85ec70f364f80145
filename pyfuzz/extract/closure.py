# SPDX-License-Identifier: GPL-2.0-only
"""Decide what to take from the kernel, what the shim provides, and what to stub."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyfuzz.extract import shim
from pyfuzz.extract.calls import Calls
from pyfuzz.extract.parse import Index, Item, Kind

# Names in code that works on lists; a function that uses one is never stubbed.
_LISTS = ("pte_list_desc", "kvm_rmap_head", "rmap_head", "sptes", "parent_ptes")


@dataclass(frozen=True, slots=True)
class Stub:
    """An unknown function or function-like macro, replaced by one that does nothing.

    It returns 0, which may be wrong where the value is used (``value_used``).
    ``used_in`` names the function that first uses it.
    """

    name: str
    value_used: bool
    used_in: str

    @property
    def quiet(self) -> bool:
        """Whether it need not be reported: tracing, flushes, assertions."""
        return not self.value_used and shim.QUIET.fullmatch(self.name) is not None

    def __str__(self) -> str:
        what = "returns 0" if self.value_used else "does nothing"
        return f"{self.name} ({what}, in {self.used_in})"


@dataclass(slots=True)
class Closure:
    """What functions need: definitions, stubs, and tags used only through pointers.

    ``annotations`` are the undefined ones; the value says whether they take arguments.
    """

    items: dict[Item, None] = field(default_factory=dict)
    stubs: dict[str, Stub] = field(default_factory=dict)
    tags: dict[str, None] = field(default_factory=dict)
    annotations: dict[str, bool] = field(default_factory=dict)

    def stub(self, stub: Stub) -> None:
        """Record a stub; one use of its value anywhere counts as a use."""
        if stub.name not in self.stubs or stub.value_used > self.stubs[stub.name].value_used:
            self.stubs[stub.name] = stub

    @property
    def guesses(self) -> tuple[Stub, ...]:
        """The stubs whose value the code uses."""
        return tuple(stub for stub in self.stubs.values() if stub.value_used)


class Gatherer:
    """Collects closures over one kernel.

    ``extra`` are functions to stub, or tags (``struct x``) to take, that only
    compiling revealed; see check.py.
    """

    def __init__(self, index: Index, calls: Calls, extra: Iterable[str] = ()) -> None:
        self._index = index
        self._calls = calls
        self._extra = frozenset(extra)
        self._sound: dict[Item, bool] = {}

    def closure(self, roots: Iterable[Item]) -> Closure:
        """Return what these definitions need, themselves included."""
        found = Closure()
        for root in roots:
            self._take(root, found)
        return found

    def _take(self, item: Item, found: Closure) -> None:
        if item in found.items:
            return
        found.items[item] = None
        used = self._calls.uses(item)
        for tag in used.pointed:
            self._pointed(tag, found)
        for name in used.names:
            if name not in used.annotations:
                self._name(name, item, found)
        for name, arguments in used.annotations.items():
            definition = self._index.find(name)
            if shim.is_provided(name):
                continue
            if definition is not None:
                self._take(definition, found)
            else:
                found.annotations[name] = arguments

    def _pointed(self, tag: str, found: Closure) -> None:
        """A tag used only through pointers: of the C files' own, the members are needed, too."""
        target = self._index.find(tag)
        if target is None or shim.is_provided(tag):
            found.tags[tag] = None
        elif target.file.is_code or tag in self._extra:
            self._take(target, found)
        else:
            found.tags[tag] = None

    def _name(self, name: str, user: Item, found: Closure) -> None:
        used = self._calls.uses(user)
        called = name in used.calls
        wanted = used.calls.get(name, False)
        target = self._index.find(name)
        if name in self._extra:
            target = None
        elif shim.is_provided(name):
            if name not in shim.FROM_TREE or target is None:
                return
        elif called and not wanted and shim.QUIET.fullmatch(name):
            target = None
        if target is not None and self._may_take(target, called and not wanted):
            self._take(target, found)
        elif called:
            found.stub(Stub(name, wanted and not self._is_void(name), user.name))

    def _is_void(self, name: str) -> bool:
        declared = self._index.find(name) or self._index.prototype(name)
        return declared is not None and declared.returns == "void"

    def _may_take(self, target: Item, value_unused: bool) -> bool:
        """Tell whether to take a definition instead of stubbing it.

        Everything that works on lists, directly or indirectly, is taken.  A helper
        on the side (accounting, a vendor's hook) is stubbed if it needs a value that
        would have to be made up and its own value is not used.
        """
        if target.kind is not Kind.FUNCTION or _works_on_lists(target):
            return True
        if not value_unused and target.file.is_code:
            return True
        if target not in self._sound:
            self._sound[target] = True  # until decided, since it may call itself
            below = self.closure([target])
            self._sound[target] = not below.guesses or any(map(_works_on_lists, below.items))
        return self._sound[target]


def _works_on_lists(item: Item) -> bool:
    return item.kind is Kind.FUNCTION and any(word in item.text for word in _LISTS)
