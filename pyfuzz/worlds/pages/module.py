# SPDX-License-Identifier: GPL-2.0-only
"""A compiled target of the pages world: running operations, inspecting memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyfuzz.module import compiled
from pyfuzz.module.compiled import Module
from pyfuzz.module.results import Skip, Step
from pyfuzz.worlds.pages.flush import Flush, Request
from pyfuzz.worlds.pages.operation import VCPUS, Opcode, Operation

if TYPE_CHECKING:
    from pyfuzz.target.catalogue import Target

_MEMBERS = tuple(name for name in Operation.__dataclass_fields__ if name not in ("world", "repeat"))
_CAP = 1024
_ROOTS = 4
_FLUSHES = 64


@dataclass(frozen=True, slots=True)
class PagesStep(Step):
    """What one operation did; ``result`` is that of an access.

    ``entry``: level, guest physical address, old and new value of an entry that
    was written.  ``gfns``: the range that an operation of the host concerned.
    """

    result: int
    gva: int
    entry: tuple[int, int, int, int] | None
    gfns: range


@dataclass(frozen=True, slots=True)
class Shadow:
    """One shadow page, read from its header; ``parents`` are addresses of SPTEs."""

    header: int
    gfn: int
    spt: int
    role: int
    level: int
    access: int
    direct: bool
    passthrough: bool
    invalid: bool
    obsolete: bool
    smm: bool
    guest_mode: bool
    unsync: bool
    four_byte: bool
    root_count: int
    present: int


@dataclass(frozen=True, slots=True)
class Spte:
    """One SPTE that is present or MMIO; ``gfn`` is what tear-down computes for it.

    ``stored`` is the gfn that its page records for it, if the page records any;
    ``address_bits`` of ``value`` are the address that it points to.
    """

    address: int
    value: int
    gfn: int
    child: int
    index: int
    leaf: bool
    writable: bool
    level: int
    mmio: bool
    present: bool
    stored: int
    has_stored: bool
    address_bits: int


@dataclass(frozen=True, slots=True)
class Rmap:
    """One reverse map that is not empty; ``entries`` is -1 if its list is broken."""

    gfn: int
    value: int
    space: int
    slot: int
    level: int
    entries: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One memslot."""

    base_gfn: int
    npages: int
    present: bool
    dirty_log: bool


class PagesModule(Module):
    """Reads csrc/worlds/pages/pages.h."""

    world = "pages"

    def _fill(self, op: Operation) -> None:
        for name in _MEMBERS:
            setattr(self._op, name, int(getattr(op, name)))

    def decode(self, data: bytes) -> Operation:
        """Decode the bytes of one operation as the C harness does."""
        if len(data) != self._lib.PYFUZZ_OP_BYTES:
            raise ValueError(f"an operation has {self._lib.PYFUZZ_OP_BYTES} bytes, not {len(data)}")
        self._lib.pyfuzz_decode(data, self._op)
        return self._read_operation(self._op)

    def _read_operation(self, op: Any) -> Operation:
        members = {name: int(getattr(op, name)) for name in _MEMBERS}
        return Operation(Opcode(members.pop("opcode")), **members)

    def step(self, op: Any, operation: int, step: int = 0) -> PagesStep:
        """Run an operation, the ``operation``-th of its sequence."""
        done = super().step(op, operation, step)
        assert isinstance(done, PagesStep)
        return done

    def end(self, operation: int) -> PagesStep:
        """Tear the world down with the final checks; ``operation`` is the sequence's length."""
        done = super().end(operation)
        assert isinstance(done, PagesStep)
        return done

    def _read_step(self) -> PagesStep:
        c = self._step
        entry = (c.level, c.gpa, c.old_entry, c.new_entry) if c.walked else None
        bugged = compiled.bits(c.bugged)
        return PagesStep(
            skip=Skip(c.skip),
            error=False,
            returned=None,
            expected=0,
            recycled=False,
            spte=None,
            expected_bugged=bugged,
            bugged=bugged,
            alive=compiled.bits(c.alive),
            findings=compiled.kinds(c.findings),
            log_lines=c.log_lines,
            result=c.result,
            gva=c.gva,
            entry=entry,
            gfns=range(c.first_gfn, c.end_gfn),
        )

    def guest_entry(self, vm: int, frame: int, index: int) -> int:
        """Return an entry of a guest's table, by the number of the frame and the index."""
        return int(self._lib.pyfuzz_guest_entry(vm, frame, index))

    def gva(self, page: int, mode: int) -> int:
        """Return the guest virtual address of a page in a paging mode."""
        return int(self._lib.pyfuzz_page_gva(page, mode))

    def frame_gfn(self, frame: int) -> int:
        """Return the gfn of a frame by its number."""
        return int(self._lib.pyfuzz_frame_gfn(frame))

    def shadows(self, vm: int) -> tuple[Shadow, ...]:
        """Return the live shadow pages of a VM."""
        out = self._ffi.new("struct pyfuzz_shadow[]", _CAP)
        return tuple(_read(Shadow, out[i]) for i in range(self._lib.pyfuzz_shadows(vm, out, _CAP)))

    def sptes(self, vm: int, header: int) -> tuple[Spte, ...]:
        """Return the SPTEs of a shadow page that are not empty."""
        out = self._ffi.new("struct pyfuzz_spte[]", _CAP)
        found = self._lib.pyfuzz_sptes(vm, header, out, _CAP)
        return tuple(_read(Spte, out[i]) for i in range(found))

    def rmaps(self, vm: int) -> tuple[Rmap, ...]:
        """Return the reverse maps of a VM that are not empty."""
        cap = length = _CAP
        while length == cap:
            cap *= 4
            out = self._ffi.new("struct pyfuzz_rmap[]", cap)
            length = self._lib.pyfuzz_rmaps(vm, out, cap)
        return tuple(_read(Rmap, one) for one in out[0:length])

    def entries(self, value: int) -> tuple[int, ...] | None:
        """Return the addresses in the list with this head value, None if the list is broken."""
        length = self._lib.pyfuzz_list(value, self._ffi.NULL, 0)
        if length < 0:
            return None
        out = self._ffi.new("uint64_t[]", length)
        self._lib.pyfuzz_list(value, out, length)
        return tuple(map(int, out))

    def parents(self, vm: int, header: int) -> int:
        """Return the value of the head of a shadow page's parents."""
        return int(self._lib.pyfuzz_parents_value(vm, header))

    def root(self, vm: int, vcpu: int) -> int:
        """Return the header of a vCPU's root, 0 if it has none."""
        return int(self._lib.pyfuzz_root(vm, vcpu))

    def roots(self, vm: int, vcpu: int) -> tuple[int, ...]:
        """Return the headers of a vCPU's roots: four of PAE, else the first; 0 for none."""
        return tuple(int(self._lib.pyfuzz_root_at(vm, vcpu, i)) for i in range(_ROOTS))

    def mode_of(self, vm: int, vcpu: int) -> int:
        """Return a vCPU's paging mode."""
        return int(self._lib.pyfuzz_mode_of(vm, vcpu))

    def slot(self, vm: int, space: int, slot: int) -> Slot | None:
        """Return a memslot; None if the VM does not exist."""
        out = self._ffi.new("struct pyfuzz_slot_state *")
        if not self._lib.pyfuzz_slot(vm, space, slot, out):
            return None
        return Slot(out.base_gfn, out.npages, bool(out.present), bool(out.dirty_log))

    def logged(self, vm: int, space: int, slot: int, gfn: int) -> bool:
        """Say whether a gfn is in the dirty log of its slot."""
        return bool(self._lib.pyfuzz_logged(vm, space, slot, gfn))

    def flushes(self) -> tuple[tuple[Flush, ...], int]:
        """Return the first TLB flushes of the last step, and how many there are."""
        out = self._ffi.new("struct pyfuzz_flush[]", _FLUSHES)
        length = self._lib.pyfuzz_flushes(out, _FLUSHES)
        first = tuple(
            Flush(c.vm, range(c.gfn, c.gfn + c.pages) if c.pages else None, c.times)
            for c in out[0 : min(length, _FLUSHES)]
        )
        return first, length

    def requests(self) -> tuple[tuple[int, Request], ...]:
        """Return each vCPU of the last step's VM and what the step asks it to do."""
        asked = (self._lib.pyfuzz_requests(vcpu) for vcpu in range(VCPUS))
        return tuple((vcpu, Request(mask)) for vcpu, mask in enumerate(asked))

    @property
    def walker(self) -> str:
        """Whose code walks guests' tables and maps: the ``kernel``'s, or that of ``pyfuzz``."""
        return "pyfuzz" if self._lib.pyfuzz_own_walker() else "kernel"


def _read(kind: Any, c: Any) -> Any:
    fields = kind.__dataclass_fields__
    values = (
        bool(getattr(c, name)) if field.type == "bool" else int(getattr(c, name))
        for name, field in fields.items()
    )
    return kind(*values)


def load(target: Target, flavour: str = "fuzz") -> PagesModule:
    """Return the module of a target of the pages world, as pyfuzz.module.compiled.load() does."""
    module = compiled.load(target, flavour)
    assert isinstance(module, PagesModule), target.name
    return module


__all__ = ["PagesModule", "PagesStep", "Rmap", "Shadow", "Slot", "Spte", "load"]


MODULE = PagesModule
