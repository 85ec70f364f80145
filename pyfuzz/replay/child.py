# SPDX-License-Identifier: GPL-2.0-only
"""The child process of pyfuzz.replay.runner: answers requests until its pipe is closed."""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pyfuzz import world
from pyfuzz.errors import PyfuzzError
from pyfuzz.module import compiled, confine
from pyfuzz.replay import answers


def main() -> None:
    """Serve one target: ``(target, flavour)`` first, then ``(what, argument, …)``."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        target, flavour = connection.recv()
        try:
            confine.die_with_parent()
            module = compiled.load(
                target, flavour, confine=lambda: confine.confine(map(Path, sys.argv[2:]))
            )
        except PyfuzzError as error:
            answers.send(connection, error)
            return
        answers.send(connection, None)
        while True:
            _answer(connection, module, *connection.recv())
    except (EOFError, BrokenPipeError):
        return  # the parent is done with us


def _answer(connection: Connection[Any, Any], module: compiled.Module, *request: Any) -> None:
    match request:
        case ["run", one]:
            module.run(one.payload, faults=one.faults)
            answers.send(connection, module.last().findings)
        case ["call", function, arguments]:
            answers.send(connection, function(module, *arguments))
        case ["trace", operations, look_ahead]:
            own = world.get(module.world)
            for entry in own.trace(module, operations, look_ahead=look_ahead):
                answers.send(connection, entry)
            answers.send(connection, None)


if __name__ == "__main__":
    main()
