# SPDX-License-Identifier: GPL-2.0-only
"""The model alone: its predictions, according to docs/sequences.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from strategies import busy_sequences

from pyfuzz.module.results import Skip
from pyfuzz.sequence.text import parse
from pyfuzz.worlds.lists.model import RECYCLE_THRESHOLD, Effect, Model, Prediction
from pyfuzz.worlds.lists.operation import SPTES, Opcode, Operation


def predicted(text: str, model: Model | None = None) -> Prediction:
    """Return what the last step of a sequence must do."""
    model = model or Model(frozenset(Opcode), recycles=True)
    prediction = Prediction(Skip.RAN)
    for op in parse(text, "test"):
        for step in range(op.repeat):
            prediction = model.predict(op, step)
            model.apply(prediction)
    return prediction


@pytest.mark.parametrize(
    ("text", "spte"),
    [
        ("add vm0 f0 s17", 17),
        ("add vm0 f0 s17\nadd vm0 f1 s17", 18),
        ("add vm0 f0 s2047 x2", 0),
        ("add vm0 f0 s5 x3\nadd vm0 p0 s5", 8),
        ("add vm0 f0 s5\nadd vm1 f0 s5", 5),
        ("add vm0 f0 s5 x3\nremove vm0 f0 #1", 6),
        ("add vm0 f0 s5 x3\nremove vm0 f0 #4", 6),
        ("add vm0 f0 s5 x3\nremove vm0 f0 #0\nremove vm0 f0 #0", 7),
        ("add vm0 f0 s5 x3\nremove vm0 f0 #0\nadd vm0 f0 s5", 5),
    ],
)
def test_predict_spte_is_the_first_free_or_the_member(text: str, spte: int) -> None:
    assert predicted(text).spte == spte


@pytest.mark.parametrize(
    ("text", "skip"),
    [
        ("destroy vm1\nadd vm1 f0 s0", Skip.NO_VM),
        ("destroy vm1\nremove vm0 vm1:f0 s0", Skip.NO_VM),
        ("destroy vm1\ncontext vm1 cpu0", Skip.NO_VM),
        ("destroy vm0\ncontext kworker", Skip.RAN),
        ("create vm1", Skip.VM_ALIVE),
        ("destroy vm1\ncreate vm1", Skip.RAN),
        ("remove vm0 f0 #0", Skip.EMPTY),
        ("rmap-remove-off vm0 f0 #0", Skip.EMPTY),
        ("add vm0 f0 s0 x2048\nadd vm0 f1 s0", Skip.NO_FREE_SPTE),
        ("add vm0 f1 s3\nzap-one vm0 f0 s3", Skip.IN_OTHER_LIST),
        ("add vm0 f1 s3\nremove vm0 f0 s3", Skip.RAN),
    ],
)
def test_predict_step_that_cannot_run_says_why(text: str, skip: Skip) -> None:
    assert predicted(text).skip is skip


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("remove vm0 f0 s3", True),
        ("add vm0 f0 s3\nremove vm0 f0 s3", False),
        ("add vm0 f0 s3\nremove vm0 f0 s3 \nremove vm0 f0 s3", True),
        ("add vm0 f0 s3\nremove vm0 f1 s3", True),
        ("add vm1 f0 s3\nremove vm0 vm1:f0 s3", True),
        ("add vm0 f0 s3\nzap-all vm0 f0\nremove vm0 f0 s3", True),
        ("add vm0 f0 s3\nrmap-remove vm0 f0 #0", False),
        ("add vm0 f0 s3\nrmap-remove-off vm0 f0 #0", True),
        ("zap-one vm0 f0 s3", True),
    ],
)
def test_predict_remove_of_what_is_not_there_is_an_error(text: str, error: bool) -> None:
    model = Model(frozenset(Opcode), recycles=True)
    assert predicted(text, model).error is error
    assert model.bugged == (frozenset({0}) if error else frozenset())


@pytest.mark.parametrize(
    ("text", "returned"),
    [
        ("add vm0 f0 s3", 0),
        ("add vm0 f0 s0 x15\nadd vm0 f0 s3", 15),
        ("add vm0 f0 s0 x15\nremove vm0 f0 #0\ncount vm0 f0", 14),
        ("add vm0 p0 s0 x3\niterate vm0 p0", 3),
        ("rmap-add vm0 f0 s0", None),
        ("enter vm0 cpu1", 0),
        ("remove vm0 f0 s0\nenter vm0 cpu1", -5),
        ("remove vm0 f0 s0\nenter vm1 cpu1", 0),
    ],
)
def test_predict_returned_is_the_documented_number(text: str, returned: int | None) -> None:
    assert predicted(text).returned == returned


@pytest.mark.parametrize("recycles", [True, False])
def test_predict_rmap_add_over_the_threshold_recycles(recycles: bool) -> None:
    model = Model(frozenset(Opcode), recycles=recycles)
    full = f"add vm0 f0 s0 x{RECYCLE_THRESHOLD}\nrmap-add vm0 f0 s0"
    assert not predicted(full, model).recycled
    assert predicted("rmap-add vm0 f0 s0", model).recycled is recycles
    assert len(model.members(0, 0)) == (0 if recycles else RECYCLE_THRESHOLD + 2)


def test_predict_opcode_that_the_target_lacks_is_skipped() -> None:
    model = Model(frozenset(Opcode) - {Opcode.COUNT}, recycles=True)
    assert predicted("count vm0 f0", model).skip is Skip.UNSUPPORTED


def test_apply_destroy_gives_back_every_spte() -> None:
    model = Model(frozenset(Opcode), recycles=True)
    predicted("add vm0 f0 s0 x3\nparent-add vm0 p1 s9", model)
    prediction = model.predict(Operation(Opcode.DESTROY), 0)
    assert prediction.effect is Effect.DESTROY
    assert sorted(model.apply(prediction)) == [0, 1, 2, 9]
    assert model.alive == {1, 2, 3}


@given(busy_sequences())
def test_model_after_any_sequence_has_each_spte_in_at_most_one_list(ops: list[Operation]) -> None:
    model = Model(frozenset(Opcode), recycles=True)
    for op in ops:
        for step in range(op.repeat):
            model.apply(model.predict(op, step))
    for vm in model.vms:
        members = [spte for entries in vm.lists for spte in entries]
        assert len(members) == len(set(members))
        assert set(members) == {spte for spte in range(SPTES) if vm.used[spte]}
