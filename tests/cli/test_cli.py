# SPDX-License-Identifier: GPL-2.0-only
"""The command line in general: names, exit codes, one line for each mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli_process import COMMAND, environment, pyfuzz

from pyfuzz.cli.group import COMMANDS, SECTIONS
from pyfuzz.cli.options import duration
from pyfuzz.target.catalogue import OTHER_WORLDS, TARGETS

# The mistake, and the expected line.
MISTAKES = [
    (["fuzz", "rfc-v44"], "did you mean rfc-v4"),
    (["fuzz", "--time", "soon"], "must be a time such as 20s, 5m or 1h"),
    (["fuzz", "--time", "5s", "--runs", "5"], "leave one out"),
    (["fuzz", "--runs", "0"], "--runs"),
    (["fuzz", "--workers", "0"], "--workers"),
    (["fuzz", "rfc-v4", "--kernel", "tree"], "leave out 'rfc-v4' or --kernel"),
    (["fuzz", "--bug-on-data-corruption"], "give --kernel PATH too"),
    (["fuzz", "--kernel", "not-there"], "not-there"),
    (["fuzz", "rfc-v1"], "does not compile, as the catalogue says"),
    (["fuzzz"], "fuzzz"),
    (["fuzz", "--tme", "5s"], "--tme"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=str)
def test_mistake_is_one_line_and_exit_code_2(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = pyfuzz(*arguments, folder=tmp_path)
    lines = [line for line in done.stderr.splitlines() if not line.endswith("…")]
    assert (2, 1, "") == (done.returncode, len(lines), done.stdout)
    assert said in lines[0]
    assert [] == list(tmp_path.iterdir())


def test_help_names_every_command_and_loads_none(tmp_path: Path) -> None:
    program = (
        "import sys; from pyfuzz.cli.group import run; code = run(['--help'])\n"
        "print(code, sorted(name for name in sys.modules if name.startswith('pyfuzz.cli.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert all(f"\n{title}:\n" in done.stdout for title in SECTIONS)
    assert done.stdout.endswith("0 ['pyfuzz.cli.group']\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_there_and_has_help(tmp_path: Path, name: str) -> None:
    done = pyfuzz(name, "--help", folder=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert f"Usage: pyfuzz {name}" in done.stdout


def test_targets_as_json_has_the_whole_catalogue(tmp_path: Path) -> None:
    told = json.loads(pyfuzz("targets", "--json", folder=tmp_path).stdout)
    assert [*TARGETS, *OTHER_WORLDS] == [target["name"] for target in told["targets"]]


def test_targets_for_people_names_the_known_findings(tmp_path: Path) -> None:
    told = pyfuzz("targets", folder=tmp_path).stdout
    assert all(name in told for name in TARGETS)
    assert "known: count-contract in pte_list_add" in told


def test_output_that_nobody_reads_is_no_crash(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "targets"],
        env=environment(PYTHONUNBUFFERED=""),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert "" == done.stderr


def test_mistake_of_ours_is_one_line(tmp_path: Path) -> None:
    program = (
        "import sys; from pyfuzz.cli import group\n"
        "group.COMMANDS['broken'] = 'x'; sys.exit(group.run(['broken']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (2, 1) == (done.returncode, done.stderr.count("\n"))
    assert "please report" in done.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20s", 20.0), ("5m", 300.0), ("1h", 3600.0), ("1h30m", 5400.0), ("0.5", 0.5)],
)
def test_duration_is_read(text: str, seconds: float) -> None:
    assert seconds == duration(text)


@pytest.mark.parametrize("text", ["", "0", "s", "-5s", "5 s", "5x", "1e3", "5s later"])
def test_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        duration(text)


def test_commands_that_replay_import_nothing_that_only_others_need() -> None:
    # Readers of DWARF alone took a third of the processor time of a replay.
    code = (
        "import sys, pyfuzz.cli.group\n"
        "for name in ('replay', 'minimize', 'export', 'regress'):\n"
        "    pyfuzz.cli.group.pyfuzz.get_command(None, name)\n"
        "print(*sorted({'elftools', 'fsspec', 'importlib.metadata', 'jinja2', 'pygments', 'rich', "
        "'tree_sitter'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
