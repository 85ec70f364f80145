# SPDX-License-Identifier: GPL-2.0-only
"""What any kernel code may use: it means the same in the shim as in the kernel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up import KVM_HOST_H, extracted, tree, variant
from test_extract_vendor import in_remove

from pyfuzz.errors import UsageError
from pyfuzz.extract import extract
from pyfuzz.kinds import Kind
from pyfuzz.module import compiled
from pyfuzz.sequence import binary
from pyfuzz.sequence.text import parse

MEMBER = "add vm0 f0 s0 x2\nremove vm0 f0 s0"


def kinds(folder: Path, code: str, text: str = MEMBER) -> set[Kind]:
    """Return what a sequence shows on a kernel with ``code`` in its remove."""
    module = compiled.load(extracted(folder, "v7", in_remove(code)).target)
    module.run(binary.encode(parse(text, "test")))
    return {finding.kind for finding in module.last().findings}


def test_data_race_is_its_argument(tmp_path: Path) -> None:
    # With 0 instead, the entry would stay: a ghost-entry that is not the kernel's fault.
    assert set() == kinds(tmp_path, "if (!data_race(kvm != NULL))\n\t\treturn;")


def test_panic_is_the_death_of_the_host(tmp_path: Path) -> None:
    assert {Kind.HOST_BUG} == kinds(tmp_path, 'panic("no way back");')


# Each is false if the stand-in means the same as the kernel's function.
WRONG = (
    "-ENOMEM != -12 || -EINVAL != -22 || -EBUSY != -16",
    "clamp(9, 1, 4) != 4 || clamp_t(int, -3, 0, 7) != 0 || clamp_val(5, 1, 8) != 5",
    "({ unsigned long map[2] = { 0, 2 }; !test_bit(65, map) || test_bit(64, map); })",
    "({ unsigned long map[2] = { 0 }; __set_bit(70, map); map[1] != 64; })",
    "({ unsigned long map = 1; !test_and_clear_bit(0, &map) || map; })",
    "hash_64(1, 8) != 0x61 || hash_64(3, 16) != 0x2559",
    "({ u64 *p = kzalloc(sizeof(*p), GFP_KERNEL); bool bad = !p || *p; kfree(p); bad; })",
    "({ VM_BUG_ON(!kvm); false; })",
    "time_after(jiffies, jiffies + HZ)",
    "!current || current->pid != 1",
    "SZ_4K != 4096 || SZ_2M != 512 * SZ_4K || SZ_1G != 512 * SZ_2M",
    "({ static atomic_t n = ATOMIC_INIT(3); atomic_inc(&n); atomic_read(&n) < 4; })",
    "({ static DEFINE_SPINLOCK(lock); guard(spinlock)(&lock); false; })",
    "({ static DEFINE_RATELIMIT_STATE(rs, 5 * HZ, 10); (void)__ratelimit(&rs); false; })",
    "DIV_ROUND_UP(9, 4) != 3 || round_up(9, 8) != 16 || round_down(15, 8) != 8",
)


def test_stand_ins_mean_what_the_kernel_s_mean(tmp_path: Path) -> None:
    code = "\n\t".join(f"if ({text})\n\t\tpr_err({json.dumps(text)});" for text in WRONG)
    module = compiled.load(extracted(tmp_path, "v7", in_remove(code)).target)
    module.begin()
    for number, op in enumerate(parse(MEMBER, "test")):
        for step in range(op.repeat):
            module.step(op, number, step)

    assert [] == module.log()
    assert () == module.last().findings


def test_list_macros_visit_every_entry_in_order(tmp_path: Path) -> None:
    node = "struct vendor_node {\n\tint n;\n\tstruct list_head link;\n};\n#define PTE_LIST_EXT 14"
    code = """LIST_HEAD(all);
	struct vendor_node nodes[3] = { { .n = 1 }, { .n = 2 }, { .n = 3 } }, *at, *after;
	int seen = 0;
	list_add_tail(&nodes[1].link, &all);
	list_add(&nodes[0].link, &all);
	list_add_tail(&nodes[2].link, &all);
	list_for_each_entry(at, &all, link)
		seen = seen * 10 + at->n;
	list_for_each_entry_safe(at, after, &all, link)
		list_del(&at->link);
	if (seen != 123 || !list_empty(&all))
		panic("it does not");"""
    changes = (in_remove(code), ("#define PTE_LIST_EXT 14", node))

    module = compiled.load(extracted(tmp_path, "v7", *changes).target)
    module.run(binary.encode(parse(MEMBER, "test")))

    assert () == module.last().findings


def test_variable_arguments_are_known(tmp_path: Path) -> None:
    helper = """#define PTE_LIST_EXT 14
static int vendor_sum(int n, ...)
{
	va_list arguments;
	int sum = 0;

	va_start(arguments, n);
	while (n--)
		sum += va_arg(arguments, int);
	va_end(arguments);
	return sum;
}
"""
    changes = (
        in_remove('if (vendor_sum(2, 3, 4) != 7)\n\t\tpanic("wrong");'),
        ("#define PTE_LIST_EXT 14", helper),
    )

    module = compiled.load(extracted(tmp_path, "v7", *changes).target)
    module.run(binary.encode(parse(MEMBER, "test")))

    assert () == module.last().findings


def test_member_with_a_macro_for_its_size_is_an_array_of_that_size(tmp_path: Path) -> None:
    declared = (
        "#define VENDOR_MAX 6\n#define VENDOR_SLOTS VENDOR_MAX\n"
        "struct kvm_arch {\n\tu64 vendor_marks[VENDOR_SLOTS];\n};\n"
    )
    root = tree(tmp_path, kvm_host=declared + KVM_HOST_H)
    mmu = root / "arch/x86/kvm/mmu/mmu.c"
    old, new = in_remove("kvm->arch.vendor_marks[5] = 1;")
    mmu.write_text(mmu.read_text("utf-8").replace(old, new), "utf-8")

    source = extract(root).target.source.read_text("latin-1")

    assert "u64 vendor_marks[6];" in source


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("slot = = 1;", "fix that line of the kernel"),
        ("block->nothing = 1;", "fix that line of the kernel"),
        ("spte = VENDOR_NOWHERE;", "give the whole tree: its headers may define 'VENDOR_NOWHERE'"),
    ],
)
def test_refusal_of_a_file_alone_says_whose_fault_it_is(
    tmp_path: Path, code: str, advice: str
) -> None:
    with pytest.raises(UsageError, match=advice):
        extract(variant(tmp_path, "v7", in_remove(code)))


def test_refusal_of_a_tree_does_not_blame_the_kernel_for_what_the_shim_lacks(
    tmp_path: Path,
) -> None:
    root = tree(tmp_path)
    mmu = root / "arch/x86/kvm/mmu/mmu.c"
    old, new = in_remove("slot = VENDOR_NOWHERE;")
    mmu.write_text(mmu.read_text("utf-8").replace(old, new), "utf-8")

    with pytest.raises(UsageError, match=r"generic\.h lacks it; please report it") as caught:
        extract(root)

    assert "fix that line" not in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "version"),
    [("", "7.3.9"), ("-rc3", "7.3.9-rc3"), ("-503.el9.x86_64", "7.3.9-503.el9.x86_64")],
)
def test_version_has_what_the_vendor_appends(tmp_path: Path, extra: str, version: str) -> None:
    root = tree(tmp_path)
    makefile = root / "Makefile"
    makefile.write_text(makefile.read_text().replace("EXTRAVERSION =", f"EXTRAVERSION = {extra}"))

    assert version == extract(root).kernel_version


@pytest.mark.parametrize("inside", ["", "arch/x86/kvm", "arch/x86/kvm/mmu/mmu.c"])
def test_target_is_named_after_the_tree_wherever_one_points_in_it(
    tmp_path: Path, inside: str
) -> None:
    root = tree(tmp_path / "linux-7.3-vendor")

    assert "linux-7.3-vendor" == extract(root / inside).target.name


def test_target_of_one_file_is_named_after_its_folder_too(tmp_path: Path) -> None:
    assert "backport-mmu.c" == extracted(tmp_path / "backport", "v7").target.name
