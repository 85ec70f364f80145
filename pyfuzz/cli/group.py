# SPDX-License-Identifier: GPL-2.0-only
"""The command group: loads commands by name and turns exceptions into exit codes."""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from typing import Any

import click

from pyfuzz import __version__
from pyfuzz.errors import PyfuzzError
from pyfuzz.text import printable

_PATIENCE_S = 3.0
_MAX_LINE = 1200
# By what the user wants to do, in the order of the help.  Command C is the function C in
# pyfuzz.cli.C.
SECTIONS = {
    "Find bugs": {
        "fuzz": "Fuzz a target or a kernel.",
        "exhaust": "Visit every state that a target can get into.",
        "ci": "Fuzz in CI: fail only on what is new.",
        "compare": "Run the same on two kernels and show where they differ.",
        "bisect": "Test one revision, for git bisect run.",
        "fixes": "Tell which fixes of the past a kernel has.",
    },
    "Look into a finding": {
        "replay": "Run sequences step by step and print what happens.",
        "minimize": "Find the shortest sequence with the same finding.",
        "export": "Export findings as C, a mail, KUnit tests, JUnit XML or SARIF.",
        "regress": "Add findings to the regression corpus.",
        "show": "Convert a binary sequence to text.",
        "pack": "Convert a text sequence to binary.",
    },
    "Look at a run or a corpus": {
        "report": "Write a run's report as HTML or JSON.",
        "share": "Show who exchanges through a share, and what they found.",
        "corpus": "Show what each entry of a corpus reaches and adds.",
        "merge": "Merge corpora into the smallest that reaches as much.",
    },
    "Judge the tests and the target": {
        "mutants": "Plant mutants in a target and time how soon each is found.",
        "containment": "Show which memory faults each target contains.",
    },
    "Targets and set-up": {
        "targets": "List the targets that ship with pyfuzz.",
        "extract": "Show what would be compiled from a kernel.",
        "doctor": "Check this machine for what pyfuzz needs.",
    },
}
COMMANDS = {name: line for section in SECTIONS.values() for name, line in section.items()}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is invoked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pyfuzz.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), line) for name, line in commands.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(__version__, prog_name="pyfuzz")
def pyfuzz() -> None:
    """Fuzz the reverse maps of KVM's shadow MMU.

    Start with: pyfuzz fuzz
    """


def ending_signals() -> list[signal.Signals]:
    """Return the signals that end a command as Ctrl-C does; not SIGHUP under nohup."""
    asked = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asked.append(signal.SIGHUP)
    return asked


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; an error is one line on standard error."""
    for number in ending_signals():
        signal.signal(number, _Interrupt())
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name need not be valid UTF-8; printing it must not fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code: Any = pyfuzz.main(arguments, prog_name="pyfuzz", standalone_mode=False)
        sys.stdout.flush()  # here, where a closed pipe is handled, and not at exit
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        return _say(error.format_message() + _hint(error))
    except PyfuzzError as error:
        return _say(str(error))
    except BrokenPipeError:
        # The reader closed the pipe.  Without this, Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _say(f"{error.filename or 'the system'}: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 (only a finding may look like a crash)
        if os.environ.get("PYFUZZ_DEBUG"):
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _say(f"{what}; this is a bug in pyfuzz, please report what PYFUZZ_DEBUG=1 shows")
    return code if isinstance(code, int) else 0


def _hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see {context.command_path} --help)" if context is not None else ""


def _say(message: str) -> int:
    """Print one line, with control characters escaped; return 2."""
    line = " ".join(message.split())
    line = printable(line)
    if len(line) > _MAX_LINE:
        # Keep both ends: the subject comes first, the remedy last.
        line = f"{line[: _MAX_LINE * 2 // 3]} … {line[-_MAX_LINE // 3 :]}"
    with suppress(OSError):  # the terminal may be gone; the exit code still says it
        print(f"pyfuzz: {line}", file=sys.stderr)
    return 2


class _Interrupt:
    """Turns a signal into KeyboardInterrupt; an impatient second one does not cost the summary."""

    def __init__(self) -> None:
        self._last_s = -_PATIENCE_S

    def __call__(self, number: int, frame: object) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= _PATIENCE_S:
            self._last_s = now_s
            raise KeyboardInterrupt
