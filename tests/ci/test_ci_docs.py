# SPDX-License-Identifier: GPL-2.0-only
"""docs/ci.md: the workflows are YAML, and their commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import click
import pytest
import yaml

from pyfuzz.cli.group import pyfuzz
from pyfuzz.pytest_plugin import pytest_addoption

DOCS = Path(__file__).parents[2] / "docs" / "ci.md"
TEXT = DOCS.read_text("utf-8")
FENCED = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = FENCED.findall(TEXT)
INDENTED = re.findall(r"^    (.*)$", FENCED.sub("", TEXT), re.MULTILINE)


def scripts(value: Any) -> list[str]:
    """Return every shell text in a workflow."""
    if isinstance(value, list):
        return [text for one in value for text in scripts(one)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("run", "script") if key in value]
    texts = [text for one in own for text in ([one] if isinstance(one, str) else one)]
    return texts + [text for one in value.values() for text in scripts(one)]


def commands(lines: list[str]) -> list[list[str]]:
    """Return the arguments of each pyfuzz command in lines of shell."""
    text = "\n".join(lines).replace("\\\n", " ")
    words = [shlex.split(line, comments=True) for line in text.split("\n")]
    return [line[line.index("pyfuzz") + 1 :] for line in words if "pyfuzz" in line]


def parse(arguments: list[str]) -> click.Context:
    """Parse a command line as pyfuzz does, without running it.  Errors: ClickException."""
    name, *rest = arguments
    with click.Context(pyfuzz) as parent:
        command = pyfuzz.get_command(parent, name)
        assert command is not None, f"pyfuzz {name}: there is no such command"
        return click.Command.make_context(command, name, rest, parent)


def test_workflows_are_yaml_with_the_parts_that_are_needed() -> None:
    github, gitlab = (yaml.safe_load(block) for block in BLOCKS)

    steps = github["jobs"]["pyfuzz"]["steps"]
    used = [step["uses"].partition("@")[0] for step in steps if "uses" in step]
    assert {"actions/cache/restore", "actions/cache/save"} <= set(used)
    assert "github/codeql-action/upload-sarif" in used
    assert "write" == github["permissions"]["security-events"]
    assert "out/junit.xml" == gitlab["pyfuzz"]["artifacts"]["reports"]["junit"]


def test_workflow_restores_and_saves_the_same_corpus() -> None:
    steps = yaml.safe_load(BLOCKS[0])["jobs"]["pyfuzz"]["steps"]
    caches = [step["with"] for step in steps if "cache/" in step.get("uses", "")]

    assert 2 == len(caches)
    assert caches[0]["path"] == caches[1]["path"] == "out/run.json\nout/corpus\n"
    assert caches[0]["key"] == caches[1]["key"]
    assert caches[0]["key"].startswith(caches[0]["restore-keys"])


@pytest.mark.parametrize(
    "arguments",
    [
        *commands([text for block in BLOCKS for text in scripts(yaml.safe_load(block))]),
        *(one for one in commands(INDENTED) if "[TARGET]" not in one),
    ],
    ids=shlex.join,
)
def test_command_in_the_page_is_one_of_pyfuzz(arguments: list[str]) -> None:
    parsed = parse(arguments)

    assert parsed.command.name == arguments[0]


def test_command_in_the_page_with_an_unknown_option_would_be_seen() -> None:
    assert 3 == len(commands([text for block in BLOCKS for text in scripts(yaml.safe_load(block))]))
    assert {"ci", "bisect"} == {arguments[0] for arguments in commands(INDENTED)}
    with pytest.raises(click.NoSuchOption):
        parse(["ci", "--kernel", ".", "--tme", "5m"])
    with pytest.raises(click.BadParameter):
        parse(["ci", "--time", "soon"])


def test_workflow_files_are_those_that_are_written() -> None:
    steps = yaml.safe_load(BLOCKS[0])["jobs"]["pyfuzz"]["steps"]
    uploaded = next(step for step in steps if "upload-sarif" in step.get("uses", ""))

    assert "out/pyfuzz.sarif" == uploaded["with"]["sarif_file"]
    for arguments in commands(scripts(steps)):
        assert "out" == str(parse(arguments).params["out"])


def test_options_of_pytest_in_the_page_are_the_plugin_s() -> None:
    parser = Mock()
    pytest_addoption(parser)
    known = {call.args[0] for call in parser.getgroup.return_value.addoption.call_args_list}

    named = set(re.findall(r"--pyfuzz-[a-z-]+", TEXT))

    assert named and named <= known


def test_page_names_every_key_of_the_json() -> None:
    from test_ci import KEYS  # noqa: PLC0415 (a test's own list)

    assert [] == [key for key in sorted(KEYS) if f"`{key}`" not in TEXT]
