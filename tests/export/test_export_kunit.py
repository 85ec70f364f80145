# SPDX-License-Identifier: GPL-2.0-only
"""pyfuzz export --format kunit: the tests run behind the shim, and compile in a whole mmu.c."""

from __future__ import annotations

import subprocess
from pathlib import Path

import ktap_reader
import pytest
from click.testing import CliRunner, Result
from compilers import compile_c, run
from ktap_reader import Read

from pyfuzz import paths
from pyfuzz.cli.export import export
from pyfuzz.errors import UsageError
from pyfuzz.export import seam
from pyfuzz.export.flatten import flatten
from pyfuzz.extract.pages import compile as compiling
from pyfuzz.extract.pages import extractor, tree
from pyfuzz.target import catalogue
from pyfuzz.target.kernel import Kernel

pytestmark = pytest.mark.compilers

STAND_IN = Path(__file__).parent / "kunit_stand_in"
# What the kernel's cache has and the shim's has not.
CACHE = "\tint nobjs;\n"
MEMBERS = "\tstruct kmem_cache *kmem_cache;\n\tunsigned int gfp_zero;\n"
SEQUENCES = {
    "stray": "add vm0 f0 s0\nremove vm0 f0 s9\n",
    "hole": "add vm0 f0 s0 x40\nremove vm0 f0 s3\nadd vm0 f0 s50\ncount vm0 f0\niterate vm0 f0\n",
    "zap": "add vm1 f2 s0 x20\nzap-one vm1 f2 #7\nzap-all vm1 f2\nadd vm1 f2 s1\n",
    "parents": "parent-add vm0 p1 s3 x17\nparent-drop vm0 p1 #1\nparent-unlink vm0 p1\n",
}


def call(*arguments: object) -> Result:
    return CliRunner().invoke(export, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of sequences."""
    found = tmp_path / "sequences"
    found.mkdir()
    for name, text in SEQUENCES.items():
        (found / f"{name}.seq").write_text(text)
    return found


def results(target: str, tests: Path, *flags: str) -> dict[str, Read]:
    """Compile the tests behind a port and run them."""
    lines, _ = seam.split(flatten(catalogue.get(target)))
    declarations = (paths.csrc() / "repro" / "declarations.c").read_text()
    own = [declarations, *(line.text for line in lines), f'#include "{tests}"']
    source = tests.with_name(f"whole-{target}.c")
    text = "\n".join(own) + "\n"
    assert 1 == text.count(CACHE)
    source.write_text(text.replace(CACHE, CACHE + MEMBERS))
    more = ("-DCONFIG_KUNIT=1", f"-I{STAND_IN}", "-fno-sanitize=all", *flags)
    ended = run(compile_c("clang", source, *more))
    (suite,) = ktap_reader.read(ended.output)
    assert "kvm_rmap_pyfuzz" == suite.name
    assert ended.status == int(not suite.ok)
    return {test.name: test for test in suite.tests}


@pytest.mark.parametrize("target", ["v6.6", "v6.15"])
def test_export_kunit_tests_pass_on_a_target_that_is_right(target: str, folder: Path) -> None:
    output = folder.parent / "tests.c"

    result = call(folder, "--format", "kunit", "--target", target, "-o", output)

    assert result.exit_code == 0, result.output
    tests = results(target, output)
    assert {f"rmap_test_{name}" for name in SEQUENCES} == set(tests)
    assert all(test.ok and not test.directive for test in tests.values()), tests


def test_export_kunit_tests_fail_where_the_target_is_wrong(folder: Path) -> None:
    output = folder.parent / "tests.c"
    call(folder, "--format", "kunit", "--target", "rfc-v3", "-o", output)

    tests = results("rfc-v3", output)

    failed = {name: test.lines for name, test in tests.items() if not test.ok}
    # An only entry that is dropped, and the number that this generation gets wrong.
    assert {"rmap_test_stray", "rmap_test_hole"} == set(failed)
    assert "entries of vm0, head 0" in "\n".join(failed["rmap_test_stray"])


def test_export_kunit_tests_with_an_error_are_skipped_where_it_is_a_bug(folder: Path) -> None:
    output = folder.parent / "tests.c"
    call(folder, "--format", "kunit", "--target", "v6.6", "-o", output)

    tests = results("v6.6", output, "-DCONFIG_BUG_ON_DATA_CORRUPTION=1")

    skipped = [name for name, test in tests.items() if test.directive == "SKIP"]
    assert ["rmap_test_stray"] == skipped
    assert all(test.ok for test in tests.values())


def test_export_kunit_sequence_that_cannot_be_a_test_is_named(folder: Path) -> None:
    (folder / "slot.seq").write_text("rmap-add vm0 f0 s0\n")

    some = call(folder, "--format", "kunit", "--target", "v6.6", "-o", folder.parent / "t.c")
    none = call(folder / "slot.seq", "--format", "kunit", "--target", "v6.6")

    why = "has 'rmap-add vm0 f0 s0', which needs a memslot"
    assert f"slot.seq: no test: {why}" in some.stderr
    assert isinstance(none.exception, UsageError)
    assert why in str(none.exception)


def test_export_kunit_of_a_kernel_writes_a_patch_that_applies(tmp_path: Path) -> None:
    kernel = paths.ROOT / "tests" / "kernels" / "v6.15.c"
    tree = tmp_path / "tree"
    (tree / "arch/x86/kvm/mmu").mkdir(parents=True)
    mmu = tree / "arch/x86/kvm/mmu/mmu.c"
    mmu.write_bytes(kernel.read_bytes())
    path = tmp_path / "one.seq"
    path.write_text(SEQUENCES["hole"])

    output = tmp_path / "rmap_tests.c"
    result = call(path, "--format", "kunit", "--kernel", tree, "-o", output)

    assert result.exit_code == 0, result.output
    patch = tmp_path / "rmap_tests.patch"
    assert f"{patch}\n" == result.stdout
    subprocess.run(["git", "apply", str(patch)], cwd=tree, check=True)
    added = mmu.read_text().removeprefix(kernel.read_text())
    assert ["/* KUnit tests of", '#include "rmap_tests.c"'] == [
        added.splitlines()[0][:17],
        added.splitlines()[1],
    ]


def test_export_of_several_sources_is_for_kunit_alone(folder: Path) -> None:
    files = sorted(folder.iterdir())

    result = call(*files, "--format", "c")

    assert isinstance(result.exception, UsageError)
    assert "--format c takes one SOURCE, got 4" in str(result.exception)


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize("version", ["6.1", "6.12"])
def test_export_kunit_compiles_at_the_end_of_a_kernels_whole_mmu(
    version: str, folder: Path, tmp_path: Path
) -> None:
    tarball = paths.ROOT / "kernels" / f"linux-source-{version}.tar.xz"
    if not tarball.is_file():
        pytest.skip(f"{tarball} is not there: make kernels fetches it")
    tests = tmp_path / "tests.c"
    call(folder, "--format", "kunit", "--kernel", tarball, "-o", tests)
    kernel = Kernel(tarball, world="pages")
    compiled = extractor._Extractor(tree.find(kernel), kernel)
    compiled.defines, compiled.folder = ("CONFIG_KUNIT=1",), tmp_path
    lines = ("worlds/pages/kernel/libc.h", compiled.code[0], tests)

    text = compiled._expand("".join(f'#include "{line}"\n' for line in lines), "whole")
    outcome = compiling.check(text, tmp_path / "whole.o")

    assert () == outcome.errors
    names = (tmp_path / "whole.o").read_bytes()
    assert all(f"rmap_test_{name}".encode() in names for name in SEQUENCES)
