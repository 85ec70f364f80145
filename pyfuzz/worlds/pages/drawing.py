# SPDX-License-Identifier: GPL-2.0-only
"""A VM's memory as named lines of text: shadow pages, reverse maps, roots."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyfuzz.worlds.pages.module import PagesModule, Rmap, Shadow, Spte

SIZES = {1: "4K", 2: "2M", 3: "1G"}
# Longer runs of similar SPTEs, such as a split creates, are shortened.
_RUN = 4

Drawing = dict[str, str]


class Names:
    """Gives shadow pages short names (``sp0``, ``sp1``, …) in the order of their first use."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int, int, int], int] = {}

    def of(self, page: Shadow) -> str:
        """Name a page; the same header, gfn and role give the same name."""
        key = (page.header, page.gfn, page.role & ~_VOLATILE, page.spt)
        return f"sp{self._numbers.setdefault(key, len(self._numbers))}"


# The bit of a role that says whether the page is valid.  It differs between
# kernels, and names should not.
_VOLATILE = 0x100


def describe(page: Shadow) -> str:
    """Describe what a shadow page maps: ``sp->gfn`` and its role."""
    words = [f"level {page.level}", f"gfn {page.gfn:#x}"]
    words += ["direct"] if page.direct else []
    words += ["passthrough"] if page.passthrough else []
    words += ["smm"] if page.smm else []
    words += ["nested"] if page.guest_mode else []
    if page.access != 7:
        words.append(
            "".join(b if page.access & a else "-" for a, b in ((4, "u"), (2, "w"), (1, "x")))
        )
    return " ".join(words)


def draw(module: PagesModule, vm: int, names: Names) -> Drawing:
    """Return a VM's memory: a line for each page, reverse map and root."""
    pages = {page.header: page for page in module.shadows(vm)}
    sptes = {header: module.sptes(vm, header) for header in pages}
    known = _places(pages, sptes, names)
    tables = {page.spt: page for page in pages.values()}
    out: Drawing = {}
    for vcpu in range(2):
        root = pages.get(module.root(vm, vcpu))
        if root is not None:
            out[f"vm{vm} cpu{vcpu} root"] = names.of(root)
    for header, page in pages.items():
        held = _sptes(sptes[header], pages, names)
        parents = _entries(module, module.parents(vm, header), known, tables, names)
        parts = [*states(page), held or "(no SPTE)"]
        if parents:
            parts.append(f"<- {parents}")
        out[f"vm{vm} {names.of(page)} ({describe(page)})"] = " ".join(parts)
    for rmap in module.rmaps(vm):
        out[_rmap_name(vm, rmap)] = _entries(module, rmap.value, known, tables, names)
    return out


def places(module: PagesModule, vm: int, names: Names) -> dict[int, str]:
    """Return the name of each SPTE that is not empty by its address: ``sp3[2]``."""
    pages = {page.header: page for page in module.shadows(vm)}
    return _places(pages, {header: module.sptes(vm, header) for header in pages}, names)


def _places(
    pages: dict[int, Shadow], sptes: dict[int, tuple[Spte, ...]], names: Names
) -> dict[int, str]:
    return {
        spte.address: f"{names.of(pages[header])}[{spte.index}]"
        for header, held in sptes.items()
        for spte in held
    }


def states(page: Shadow) -> list[str]:
    """Say in what state a shadow page is, if it is not simply in use."""
    known = (
        ("INVALID", page.invalid),
        ("obsolete", page.obsolete and not page.invalid),
        ("unsync", page.unsync),
    )
    return [word for word, on in known if on]


def _rmap_name(vm: int, rmap: Rmap) -> str:
    smm = " smm" if rmap.space else ""
    return f"vm{vm} rmap{smm} {SIZES[rmap.level]} gfn {rmap.gfn:#x}"


def _sptes(held: tuple[Spte, ...], pages: dict[int, Shadow], names: Names) -> str:
    shown = [f"[{spte.index}]{spte_text(spte, pages, names)}" for spte in held]
    if len(shown) > 3 * _RUN:
        shown = [*shown[:_RUN], f"... {len(shown) - 2 * _RUN} more ...", *shown[-_RUN:]]
    return " ".join(shown)


def spte_text(spte: Spte, pages: dict[int, Shadow], names: Names) -> str:
    """Say what an SPTE is or points to."""
    if spte.mmio:
        return "=MMIO"
    if not spte.leaf:
        child = pages.get(spte.child)
        return f"->{names.of(child)}" if child else "->(a freed page)"
    return f"=gfn {spte.gfn:#x}{' rw' if spte.writable else ' ro'}"


def _entries(
    module: PagesModule,
    value: int,
    places: dict[int, str],
    tables: dict[int, Shadow],
    names: Names,
) -> str:
    """Name the SPTEs in a list."""
    if not value:
        return ""
    entries = module.entries(value)
    if entries is None:
        return f"a broken list ({value:#x})"
    named = [places.get(address) or _lost(address, tables, names) for address in entries]
    if len(named) > 3 * _RUN:
        named = [*named[:_RUN], f"... {len(named) - 2 * _RUN} more ...", *named[-_RUN:]]
    return ", ".join(named)


def _lost(address: int, tables: dict[int, Shadow], names: Names) -> str:
    """Name an SPTE that is not present, or in no shadow page."""
    page = tables.get(address & ~0xFFF)
    index = (address & 0xFFF) // 8
    if page is None:
        return f"[{index}] OF A FREED PAGE"
    return f"{names.of(page)}[{index}], WHICH IS NOT PRESENT"
