# SPDX-License-Identifier: GPL-2.0-only
"""The real thing: the two kernels that Debian packages, against the ports."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import debian
import pytest
from debian import extracted
from lockstep import first_difference

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.extract import Extraction, extract
from pyfuzz.kinds import Kind
from pyfuzz.sequence.binary import decode, encode
from pyfuzz.sequence.container import read_folder
from pyfuzz.sequence.text import parse
from pyfuzz.symptom import Symptom
from pyfuzz.target import catalogue
from pyfuzz.worlds.lists import module as lists_module
from pyfuzz.worlds.lists.operation import Operation

pytestmark = pytest.mark.kernels

# Kernel, CONFIG_BUG_ON_DATA_CORRUPTION, and the port of its generation.
PAIRS = (
    ("6.1", False, "bug"),
    ("6.12", False, "v6.6"),
    ("6.12", True, "v6.6-corruption-bug"),
)
ERRORS = {
    "empty": "remove vm0 f3 s9",
    "single": "add vm0 f3 s1\nremove vm0 f3 s9",
    "many": "add vm0 f3 s0 x40\nremove vm0 f3 s90",
    "wrong head": "rmap-add vm0 f3 s1\nrmap-remove-off vm0 f3 #0",
    "wrong VM": "add vm1 f2 s1\nremove vm0 vm1:f2 s7",
}


def found_by(extraction: Extraction, text: str) -> set[tuple[Kind, str]]:
    module = lists_module.load(extraction.target)
    module.run(encode(list(parse(text, "test"))))
    return {(finding.kind, finding.function) for finding in module.last().findings}


def corpora() -> Iterator[tuple[str, tuple[Operation, ...]]]:
    """Yield the sequences of the shipped corpora, and some like an engine's first inputs."""
    for folder in ("seeds", "regressions"):
        if (paths.corpus() / folder).is_dir():
            for file in read_folder(paths.corpus() / folder, pytest.fail):
                if file.input.encoding.world == "lists":
                    yield file.path.name, file.operations
    for seed in range(12):
        yield f"seed {seed}", tuple(decode(random.Random(seed).randbytes(160)))


@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_kernel_has_every_operation_and_needs_no_stub(version: str) -> None:
    extraction = extracted(version)

    assert extraction.notes() == []
    assert extraction.kernel_version is not None
    assert extraction.kernel_version.startswith(f"{version}.")


@pytest.mark.parametrize(
    ("version", "tail", "appends", "takes_kvm", "policy"),
    [
        ("6.1", None, True, False, "BUG()"),
        ("6.12", "tail_count", False, True, "KVM_BUG_ON_DATA_CORRUPTION()"),
    ],
)
def test_kernel_traits(
    version: str, tail: str | None, appends: bool, takes_kvm: bool, policy: str
) -> None:
    traits = extracted(version).traits

    assert (traits.capacity_value, traits.count_field) == (14, "spte_count")
    assert (traits.tail_field, traits.appends, traits.takes_kvm) == (tail, appends, takes_kvm)
    assert (traits.locked_heads, traits.rmap_add_recycles, traits.policy) == (False, True, policy)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "config", "port"), PAIRS)
def test_kernel_behaves_as_the_port_of_its_generation(
    version: str, config: bool, port: str
) -> None:
    kernel = lists_module.load(extracted(version, config=config).target)
    ours = lists_module.load(catalogue.get(port))

    for name, operations in corpora():
        assert first_difference(ours, kernel, operations) == "", name


@pytest.mark.slow
@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_kernel_from_mmu_alone_behaves_as_from_its_tree(tmp_path: Path, version: str) -> None:
    tree = debian.source(version)
    alone = shutil.copy(tree / "arch/x86/kvm/mmu/mmu.c", tmp_path / "mmu.c")

    left, right = (lists_module.load(extract(path).target) for path in (tree, Path(alone)))

    for name, operations in list(corpora())[::10]:
        assert first_difference(left, right, operations) == "", name


@pytest.mark.parametrize("error", ERRORS)
def test_kernel_6_1_dies_of_every_error(error: str) -> None:
    assert found_by(extracted("6.1"), ERRORS[error]) == {(Kind.HOST_BUG, "pte_list_remove")}


@pytest.mark.parametrize("error", ERRORS)
def test_kernel_6_12_contains_every_error(error: str) -> None:
    assert found_by(extracted("6.12"), ERRORS[error]) == set()


@pytest.mark.parametrize("error", ERRORS)
def test_kernel_6_12_with_the_config_dies_of_every_error(error: str) -> None:
    found = found_by(extracted("6.12", config=True), ERRORS[error])

    assert found == {(Kind.HOST_BUG, "pte_list_remove")}


def test_kernel_that_appends_finds_what_is_known() -> None:
    extraction = extracted("6.1")
    text = "add vm0 f0 s0 x30\nremove vm0 f0 #0\nadd vm0 f0 s100"

    found = found_by(extraction, text)

    assert found == {(Kind.COUNT_CONTRACT, "pte_list_add")}
    said = "returned 13: those up to the first descriptor with room"
    assert extraction.target.known_reason(Symptom(Kind.COUNT_CONTRACT, "pte_list_add", said))


def test_kernel_mistake_in_the_source_is_shown_where_it_is(tmp_path: Path) -> None:
    path = Path(shutil.copy(debian.source("6.12") / "arch/x86/kvm/mmu/mmu.c", tmp_path / "mmu.c"))
    text = path.read_text("latin-1")
    old = "desc->sptes[desc->spte_count++] = spte;"
    path.write_text(text.replace(old, "desc->sptes[desc->spte_cuont++] = spte;"), "latin-1")
    line = text[: text.index(old)].count("\n") + 1

    with pytest.raises(UsageError, match=f"{path}:{line}: no member named 'spte_cuont'"):
        extract(path)


@pytest.mark.slow
def test_kernel_in_its_tarball_is_the_same() -> None:
    from_tarball = extract(debian.source("6.12", tarball=True))
    from_tree = extracted("6.12")

    assert from_tarball.sha256 == from_tree.sha256
    assert from_tarball.traits == from_tree.traits
    assert [t.name for t in from_tarball.taken] == [t.name for t in from_tree.taken]
    assert from_tarball.kernel_version == from_tree.kernel_version
