# SPDX-License-Identifier: GPL-2.0-only
"""The group of commands: loads them by name and turns what they raise into exit codes."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import time
import traceback
from typing import Any

import click

from pyfuzz import __version__
from pyfuzz.errors import PyfuzzError

_PATIENCE_S = 3.0
_MAX_LINE = 1200
# In the order of the help.  A command named C is C in the module pyfuzz.cli.C.
COMMANDS = {
    "targets": "The catalogue: name, generation, policy, known findings.",
    "fuzz": "A campaign on one target, or on a kernel of yours.",
    "ci": "Regressions, a campaign, and what is new in them, for CI.",
    "bisect": "One step of git bisect run, which repeats and skips.",
    "report": "A run as one page that can be mailed, or as JSON.",
    "replay": "Run sequences step by step and print what happens.",
    "show": "Print a binary sequence as text.",
    "pack": "Turn a text sequence into a binary one.",
    "minimize": "Find the shortest sequence with the same finding.",
    "export": "Findings as a C file, as JUnit XML, as SARIF.",
    "regress": "Put findings into the regression corpus, for pytest.",
    "merge": "The smallest corpus that reaches what several do.",
    "corpus": "What each entry of a corpus reaches, and what it adds.",
    "mutants": "Plant faults in a target, and time how each is found.",
    "containment": "Which faults a target contains, and which it does not.",
    "extract": "What would be compiled of a kernel, and the traits found.",
    "doctor": "What this machine has, and what is missing for what.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pyfuzz.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(__version__, prog_name="pyfuzz")
def pyfuzz() -> None:
    """Fuzz the reverse maps of KVM's shadow MMU.

    Start with: pyfuzz fuzz
    """


def run(arguments: list[str]) -> int:
    """Run one command line; return its exit code.  Errors are one line on standard error."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _Interrupt())
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name may be no text; what is said about it still is.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code: Any = pyfuzz.main(arguments, prog_name="pyfuzz", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        return _say(error.format_message() + _hint(error))
    except PyfuzzError as error:
        return _say(str(error))
    except BrokenPipeError:
        # Who read us has enough.  Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _say(f"{error.filename or 'the system'}: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 (only a finding may look like a crash)
        if os.environ.get("PYFUZZ_DEBUG"):
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _say(f"{what}; this is a mistake of pyfuzz, please report what PYFUZZ_DEBUG=1 shows")
    return code if isinstance(code, int) else 0


def _hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see {context.command_path} --help)" if context is not None else ""


def _say(message: str) -> int:
    """Print one line, in which a file's bytes cannot command the terminal; return 2."""
    line = " ".join(message.split())
    line = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    if len(line) > _MAX_LINE:
        # Both ends: the subject is in front, the remedy at the back.
        line = f"{line[: _MAX_LINE * 2 // 3]} … {line[-_MAX_LINE // 3 :]}"
    print(f"pyfuzz: {line}", file=sys.stderr)
    return 2


class _Interrupt:
    """Turns a signal into KeyboardInterrupt; an impatient second one loses no summary."""

    def __init__(self) -> None:
        self._last_s = -_PATIENCE_S

    def __call__(self, number: int, frame: object) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= _PATIENCE_S:
            self._last_s = now_s
            raise KeyboardInterrupt
