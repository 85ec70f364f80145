# SPDX-License-Identifier: GPL-2.0-only
"""A worker: the process that fuzzes one compiled target, for a campaign.

``python -m pyfuzz.campaign.worker JOB`` is only started by a campaign.  Everything
that it finds is recorded in C, in the shared region; its standard error is the
engine's log.  The checker is a worker without an engine (pyfuzz/campaign/checker.py).
"""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from pyfuzz.campaign import atheris_loop
from pyfuzz.campaign.checker import check_for_ever
from pyfuzz.campaign.engine_log import Greeting
from pyfuzz.errors import PyfuzzError
from pyfuzz.module import compiled, confine, engine, shared
from pyfuzz.sequence.input import DEFAULT, Encoding

MAX_INPUT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Job:
    """A worker's task, passed as JSON on its command line.

    ``engine`` is the file that libFuzzer is in; without one the worker looks for it,
    which takes longer than the rest of its start.  ``folders`` are corpus folders, the
    first the worker's own, which it writes to.  ``arguments``, ``without`` and ``only``
    are its strategy's.  A job with a ``checked`` file is the sanitizer worker's, which
    records there what it has run.  ``against`` is the module that this one is compared
    with, the level, and what is set aside.
    """

    module: str
    flavour: str
    shared: str
    supervisor: int
    folders: tuple[str, ...] = ()
    seed: int = 0
    runs: int = -1
    reload: bool = False
    arguments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    checked: str = ""
    encoding: Encoding = DEFAULT
    against: tuple[str, int, int] | None = None
    engine: str = ""

    def text(self) -> str:
        """Return the job as text for read()."""
        return json.dumps(asdict(self))

    def writable(self) -> list[Path]:
        """Return where the process may write: its own folder, the list of what it checked."""
        checked = [Path(self.checked)] if self.checked else []
        for path in checked:
            path.touch()
        return [Path(self.shared).parent, *checked]

    @classmethod
    def read(cls, text: str) -> Job:
        """Parse the text of a job."""
        values = json.loads(text)
        lists = ("folders", "arguments", "without", "only")
        plain = {**values, **{name: tuple(values[name]) for name in lists}}
        plain["against"] = values["against"] and tuple(values["against"])
        return cls(**{**plain, "encoding": Encoding(**values["encoding"])})


def main() -> None:
    """Do the job of the command line."""
    job = Job.read(sys.argv[1])
    _die_with(job.supervisor)
    try:
        engine.load(job.flavour, Path(job.engine) if job.engine else None)
        confine.confine(job.writable())
        module = compiled.open_module(Path(job.module), job.flavour)
        if job.against is not None:
            other, level, aside = job.against
            module.compare_with(compiled.open_module(Path(other), job.flavour), level, aside)
    except PyfuzzError as error:
        sys.exit(f"pyfuzz: {error}")
    module.attach(shared.mapped(Path(job.shared)))
    module.set_faults(on=job.encoding.faults)
    if job.checked:
        check_for_ever(module, Path(job.folders[0]), Path(job.checked), job.encoding)
    traits = module.traits
    # The engine must not see the feedback that is disabled.
    both = [traits, module.other.traits] if module.other is not None else [traits]
    states = 0 if "state" in job.without else sum(each.states for each in both)
    counters = sum(each.counters for each in both)
    opcodes = frozenset.intersection(*(each.opcodes for each in both))
    greeting = Greeting(counters, states, tuple(sorted(opcodes)), module.walker)
    print(greeting.line(), file=sys.stderr, flush=True)
    # No garbage: an input costs the bytes object that
    # atheris creates, and no other Python object.
    gc.disable()
    run = module.run_function

    def run_one(data: bytes) -> None:
        run(data, len(data))

    atheris_loop.fuzz(run_one, engine_arguments(job))


def engine_arguments(job: Job) -> list[str]:
    """Return libFuzzer's arguments for a job."""
    own = Path(job.folders[0])
    return [
        f"-max_len={MAX_INPUT_BYTES}",
        # Our mutator chooses the length of its sequences; libFuzzer would at first only
        # leave room for one operation.
        "-len_control=0",
        f"-seed={job.seed}",
        f"-runs={job.runs}",
        # Sequences of thousands of steps find little that short ones do not:
        # without this they take most of the time.  But it depends on the clock, and
        # a campaign with a number of runs must be repeatable.
        f"-entropic_scale_per_exec_time={int(job.runs < 0)}",
        f"-artifact_prefix={own.parent}/",
        # Other workers' inputs arrive in our folder.  A single worker gets none, and
        # reading the folder again would make its run depend on the clock.
        f"-reload={int(job.reload)}",
        # The C harness itself handles faults and hangs.
        *(f"-handle_{name}=0" for name in ("segv", "bus", "ill", "fpe", "abrt")),
        # Very long, since the harness ends hangs.  atheris would take 0 for a second.
        "-timeout=86400",
        "-detect_leaks=0",
        # The campaign has its own limit, and reports it in one line.
        "-rss_limit_mb=0",
        "-malloc_limit_mb=0",
        *job.arguments,
        *job.folders,
    ]


def _die_with(supervisor: int) -> None:
    """Die with the supervisor, even if it is killed."""
    confine.die_with_parent()
    if os.getppid() != supervisor:
        sys.exit("pyfuzz: the campaign ended before its worker started")


if __name__ == "__main__":
    main()
