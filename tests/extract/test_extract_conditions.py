# SPDX-License-Identifier: GPL-2.0-only
"""#if and friends: which lines a default kernel compiles."""

from __future__ import annotations

import pytest

from pyfuzz.extract.conditions import DEFAULT_CONFIG, select

CONFIG = {"CONFIG_ON": "1", "NUMBER": "0x10UL"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("#ifdef CONFIG_ON", True),
        ("#ifdef CONFIG_OFF", False),
        ("#ifndef CONFIG_OFF /* why */", True),
        ("# if defined(CONFIG_ON) && !defined CONFIG_OFF", True),
        ("#if !defined(CONFIG_ON) || defined(CONFIG_OFF)", False),
        ("#if IS_ENABLED(CONFIG_ON)", True),
        ("#if IS_ENABLED(CONFIG_OFF)", False),
        ("#if NUMBER == 16", True),
        ("#if NUMBER - 1 > 0xfu", False),
        ("#if (NUMBER >> 2) == 4 && 010", True),
        ("#if !NUMBER == 0", True),
        ("#if UNKNOWN", False),
        ("#if UNKNOWN < 1", True),
        ("#if SOME_CALL(1, 2) != 0", False),
        ("#if 1 \\\n  && 0", False),
        ("#if", False),
        ("#if 1 +", False),
        ("#if 1 / 0", False),
    ],
)
def test_select_condition_keeps_its_lines_when_it_holds(condition: str, holds: bool) -> None:
    selected = select(f"{condition}\nint x;\n#endif\n", CONFIG)

    assert selected.strip() == ("int x;" if holds else "")


def test_select_any_branch_keeps_the_line_numbers() -> None:
    text = "#if 0\na\n#elif 1\nb\n#else \\\n\nc\n#endif\nd\n"

    assert select(text, {}) == "\n\n\nb\n\n\n\n\nd\n"


def test_select_nested_in_an_untaken_branch_stays_untaken() -> None:
    assert select("#if 0\n#if 1\na\n#else\nb\n#endif\n#endif\nc\n", {}).split() == ["c"]


def test_select_only_the_first_branch_that_holds_is_taken() -> None:
    assert select("#if 1\na\n#elif 1\nb\n#else\nc\n#endif\n", {}).split() == ["a"]


def test_select_macro_of_the_file_counts_from_its_definition_on() -> None:
    text = "#ifdef M\na\n#endif\n#define M\n#ifdef M\nb\n#endif\n#undef M\n#ifdef M\nc\n#endif\n"

    assert "".join(select(text, {}).split()) == "b#defineM#undefM".replace("b#defineM", "#defineMb")


def test_select_define_in_an_untaken_branch_does_not_count() -> None:
    assert select("#if 0\n#define M\n#endif\n#ifdef M\na\n#endif\n", {}).split() == []


@pytest.mark.parametrize(
    "comment",
    ["/*\n#if 0\n*/\n", "/* a */ /* b\n#ifdef X\n*/\n", 'char *s = "/*"; // /*\n', "// /*\n"],
)
def test_select_comment_holds_no_directive(comment: str) -> None:
    assert select(f"{comment}int x;\n", {}) == f"{comment}int x;\n"


def test_select_stray_endif_is_ignored() -> None:
    assert select("#endif\n#else\nint x;\n", {}).split() == ["int", "x;"]


def test_default_config_is_a_64_bit_kernel_without_debug_options() -> None:
    text = "#ifdef CONFIG_X86_64\na\n#endif\n#ifdef CONFIG_KVM_PROVE_MMU\nb\n#endif\n"

    assert select(text, DEFAULT_CONFIG).split() == ["a"]
