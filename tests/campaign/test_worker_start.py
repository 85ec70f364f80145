# SPDX-License-Identifier: GPL-2.0-only
"""What a worker loads before it fuzzes: each import is paid for by each worker."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pyfuzz.module import builder, engine
from pyfuzz.module.shared import Shared
from pyfuzz.target import catalogue

_LOAD = """
import json, sys
from pathlib import Path
from pyfuzz.campaign import worker
from pyfuzz.module import compiled, engine, shared
engine.load("fuzz", Path(sys.argv[1]))
module = compiled.open_module(Path(sys.argv[2]), "fuzz")
module.attach(shared.mapped(Path(sys.argv[3])))
module.traits
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("target", ["v6.6", "pages"])
def test_worker_loads_neither_a_c_parser_nor_what_builds(
    target: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    region = tmp_path_factory.mktemp("worker") / "shared"
    Shared(region, create=True).close()
    words = [engine.prepare("fuzz"), builder.build(catalogue.get(target)), region]

    done = subprocess.run(
        [sys.executable, "-P", "-c", _LOAD, *map(str, words)],
        env=engine.environment("fuzz"),
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(json.loads(done.stdout))
    assert "pyfuzz.module.compiled" in loaded
    assert set() == loaded & {
        *("pycparser", "cffi.cparser", "importlib.metadata", "msgspec", "tomllib"),
        *("pyfuzz_build", "pyfuzz.module.compiler", "pyfuzz.target.catalogue"),
        *(f"pyfuzz.worlds.{world}.world" for world in ("lists", "pages", "threads")),
    }
