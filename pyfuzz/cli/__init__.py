# SPDX-License-Identifier: GPL-2.0-only
"""The command line: one module per command, loaded only when it is needed.

Exit codes: 0 nothing new found, 1 a new finding, 2 wrong usage or a set-up that
cannot work, 130 interrupted.
"""

from __future__ import annotations

import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run this process's command line and exit."""
    try:
        from pyfuzz.cli.group import run  # noqa: PLC0415 (Ctrl-C while this loads counts too)

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        print("pyfuzz: interrupted", file=sys.stderr)
        code = 130
    # A second Ctrl-C during interpreter shutdown must not change the exit code.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(code)
