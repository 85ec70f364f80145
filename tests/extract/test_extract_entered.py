# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that is compiled whole cannot make the compiler read other files."""

from __future__ import annotations

import os
from pathlib import Path

import debian
import pytest
from moved import copied

from pyfuzz import paths
from pyfuzz.errors import UsageError
from pyfuzz.extract.pages import compile as compiling
from pyfuzz.extract.pages import extractor as pages
from pyfuzz.extract.pages import tree as pages_tree
from pyfuzz.extract.pages.entered import refuse_foreign, refuse_special
from pyfuzz.extract.pages.tree import Tree
from pyfuzz.target.kernel import Kernel


def entering(*names: str) -> str:
    return "".join(f'# 1 "{name}" 1\nint a;\n' for name in names)


@pytest.fixture
def header(tmp_path: Path) -> Path:
    path = tmp_path / "linux/include/linux/list.h"
    path.parent.mkdir(parents=True)
    path.write_text("struct list_head;\n")
    return path


def test_files_of_the_own_folders_are_fine(header: Path, tmp_path: Path) -> None:
    text = entering("<built-in>", str(header), f"{header.parent}/../linux/list.h")

    refuse_foreign(text, (tmp_path / "linux",))


@pytest.mark.parametrize(
    "name",
    [
        "/etc/hostname",
        "{linux}/include/../../secret.h",
        "{linux}-other/secret.h",
        r"/etc/with \"quotes\".h",
    ],
)
def test_file_from_elsewhere_is_refused_by_its_name(
    header: Path, tmp_path: Path, name: str
) -> None:
    name = name.format(linux=tmp_path / "linux")
    plain = os.path.normpath(name.replace("\\", ""))

    with pytest.raises(UsageError) as caught:
        refuse_foreign(entering(str(header), name), (tmp_path / "linux",))

    assert f"{plain}: is included by the kernel's files, but is not one" in str(caught.value)


@pytest.mark.parametrize("directive", ['#embed "/x"', " # embed </x>", '%:embed "/x"'])
def test_file_that_embeds_another_is_refused(header: Path, tmp_path: Path, directive: str) -> None:
    header.write_text(f"char a[] = {{\n{directive}\n}};\n")

    with pytest.raises(UsageError, match=r"list\.h: makes the compiler read a file \(#embed\)"):
        refuse_foreign(entering(str(header)), (tmp_path / "linux",))


@pytest.mark.parametrize(
    "text", ['asm(".incbin \\"/x\\"");', 'asm(".inc" "bin \\"/x\\"");', 'asm(".include \\"/x\\"");']
)
def test_assembly_that_reads_a_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"make the assembler read a file \(\.inc"):
        refuse_foreign(text, (tmp_path,))


def test_fifo_in_the_place_of_a_header_is_refused_unopened(header: Path, tmp_path: Path) -> None:
    refuse_special(tmp_path / "linux")
    header.unlink()
    os.mkfifo(header)

    with pytest.raises(UsageError, match=r"list\.h: must be a regular file, is a FIFO"):
        refuse_special(tmp_path / "linux")


@pytest.mark.kernels
@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('#include "/etc/hostname"', "/etc/hostname: is included"),
        ('#include "{up}/etc/hostname"', "/etc/hostname: is included"),
        ('#include "mmu.c"', "does not compile for the world pages: "),
        ('#define FILE "/etc/hostname"\n#include FILE', "/etc/hostname: is included"),
        ('char a[] = {{\n#embed "/etc/hostname"\n}};', "mmu.c: makes the compiler read"),
        ('asm(".incbin \\"/etc/hostname\\"");', "make the assembler read a file (.incbin)"),
    ],
)
def test_kernel_that_makes_the_compiler_read_a_file_is_refused(
    tmp_path: Path, line: str, said: str
) -> None:
    whole = pages_tree.find(Kernel(debian.source("6.12", tarball=True), world="pages"))
    tree = copied(whole.root, tmp_path / "linux")
    with (tree / "arch/x86/kvm/mmu/mmu.c").open("a") as file:
        file.write(line.format(up="../" * 40) + "\n")

    with pytest.raises(UsageError) as caught:
        pages.extract(Kernel(tree, world="pages"))

    assert said in str(caught.value)


def test_stdarg_of_a_kernel_up_to_5_14_is_ours_and_not_the_compilers(
    header: Path, tmp_path: Path
) -> None:
    for name in ("kconfig.h", "compiler_types.h"):
        (header.parent / name).write_text("")
    source, result = tmp_path / "linux/a.c", tmp_path / "a.i.c"
    source.write_text("#include <stdarg.h>\nvoid a(int n, ...) { va_list v; va_start(v, n); }\n")
    tree = Tree(tmp_path / "linux", tmp_path / "linux")

    outcome = compiling.preprocess(source, result, tree, (), ())

    assert not outcome.errors
    refuse_foreign(result.read_text(), (tmp_path / "linux", paths.csrc()))
    assert not compiling.check(result, tmp_path / "a.o").errors
