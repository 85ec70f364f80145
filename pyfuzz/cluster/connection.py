# SPDX-License-Identifier: GPL-2.0-only
"""The cluster as the command sees it: which workers there are, a task on one, its answer.

Every call of distributed is limited in time: a scheduler that hangs or is gone is
``lost``, never an exception and never an endless wait.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from pyfuzz.cluster import task
from pyfuzz.cluster.address import Local, Remote, check, parse
from pyfuzz.errors import UsageError

_CONNECT_S = 20.0
_CALL_S = 10.0
PENDING, DONE, FAILED, GONE = "pending", "finished", "error", "gone"


class Task:
    """A slice or a piece that was given to the cluster."""

    def __init__(self, future: Any) -> None:
        self._future = future

    @property
    def state(self) -> str:
        """``pending``, ``finished``, ``error``, or ``gone`` with the scheduler that knew it."""
        status = str(self._future.status)
        return status if status in (PENDING, DONE, FAILED) else GONE

    def answer(self) -> object:
        """Return what a task that is done has answered, None if there is no answer."""
        try:
            return self._future.result(timeout=_CALL_S)
        except Exception:  # noqa: BLE001 - Dask raises whatever another process sends
            return None

    def why(self) -> str:
        """Say in a line why a task failed."""
        try:
            error = self._future.exception(timeout=_CALL_S)
        except Exception as other:  # noqa: BLE001 - as above
            error = other
        if type(error).__name__ == "KilledWorker":
            return "KilledWorker: its Dask worker died"
        return " ".join(f"{type(error).__name__}: {error}".split())[:300]

    def forget(self) -> None:
        """Let the scheduler forget it, and not start it if it has not."""
        with suppress(Exception):
            self._future.cancel()


class Connection:
    """A connection to a cluster, or the cluster itself for ``local:N``."""

    def __init__(self, asked: Local | Remote) -> None:
        """Connect.  Errors: UsageError if that cannot be done, or must not be."""
        self._asked = asked
        self._cluster: Any = None
        self._scratch: str | None = None
        _be_quiet()
        try:
            if isinstance(asked, Local):
                self._client = self._start(asked)
            else:
                self._client = _client(asked)
        except BaseException:
            self.close()
            raise

    def _start(self, asked: Local) -> Any:
        import dask  # noqa: PLC0415 (an extra)
        from distributed import Client, LocalCluster, Security  # noqa: PLC0415 (an extra)

        # Dask samples its workers' threads 100 times a second, and looks at their memory 10
        # times: that takes cores from slices, whose memory it does not see anyway.
        dask.config.set(
            {
                "distributed.worker.profile.enabled": False,
                "distributed.admin.tick.interval": "1s",
                "distributed.admin.system-monitor.interval": "5s",
            }
        )

        # Loopback alone would do for us; with TLS other users of this machine are kept out.
        security = Security.temporary()
        self._scratch = tempfile.mkdtemp(prefix="pyfuzz-cluster-")
        try:
            self._cluster = LocalCluster(
                n_workers=asked.workers,
                threads_per_worker=1,
                memory_limit=0,
                host="127.0.0.1",
                protocol="tls",
                security=security,
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address=None,
                local_directory=self._scratch,
                silence_logs=logging.CRITICAL,
            )
        except Exception as error:  # noqa: BLE001 - Dask's, the system's, a worker's
            raise UsageError(f"no Dask cluster could be started here: {_line(error)}") from None
        return Client(self._cluster, security=security, set_as_default=False)

    @property
    def local(self) -> bool:
        """Whether the Dask workers are on this machine, started for this command."""
        return isinstance(self._asked, Local)

    @property
    def shown(self) -> str:
        """What to call the cluster."""
        one = self._asked
        return f"local:{one.workers}" if isinstance(one, Local) else one.address

    @property
    def lost(self) -> bool:
        """Whether the scheduler cannot be reached."""
        return str(self._client.status) != "running"

    def workers(self) -> dict[str, int] | None:
        """Return the workers' addresses and their numbers of threads, None without an answer.

        Errors: UsageError if one is neither TLS nor loopback.
        """
        found = self._call(self._client.scheduler.ncores)
        if found is None:
            return None
        for address in found:
            check(str(address), "the Dask worker")
        return {str(address): int(threads) for address, threads in found.items()}

    def submit(self, worker: str, name: str, job: str) -> Task:
        """Give a slice of the campaign ``name`` to a worker."""
        return Task(
            self._client.submit(
                task.run, name, job, workers=[worker], allow_other_workers=False, pure=False
            )
        )

    def submit_piece(self, name: str, module: str, job: str) -> Task:
        """Give a piece of the measurement ``name`` to whichever worker has room.

        ``module`` is what its child process runs.  A worker that dies is replaced by another,
        twice at most.
        """
        return Task(self._client.submit(task.piece, name, module, job, pure=False))

    def stop(self, name: str, *, forever: bool = False) -> None:
        """Have every slice or piece that runs end as by Ctrl-C, and with ``forever`` later ones."""
        self._call(
            self._client._run,  # noqa: SLF001
            task.stop,
            name,
            forever=forever,
            on_error="ignore",
        )

    def reconnect(self) -> bool:
        """Try once to reach a scheduler that was lost; return whether it is there again."""
        if isinstance(self._asked, Local):
            return False
        with suppress(Exception):
            self._client.close(timeout=1)
        try:
            self._client = _client(self._asked, _CALL_S)
        except UsageError:
            return False
        return True

    def close(self) -> None:
        """Disconnect; end what was started."""
        client = getattr(self, "_client", None)
        for one in (client, self._cluster):
            if one is not None:
                with suppress(Exception):
                    one.close(timeout=_CALL_S)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return self._client.sync(function, *arguments, callback_timeout=_CALL_S, **options)
        except Exception:  # noqa: BLE001 - a connection may break in many ways; see lost
            return None


def connect(text: str) -> Connection:
    """Connect to what ``--cluster`` names.

    Errors: UsageError if it must not be used, cannot be reached, or the extra is missing.
    """
    asked = parse(text)
    try:
        import distributed  # noqa: F401, PLC0415 (an extra)
    except ImportError:
        raise UsageError("--cluster needs Dask: pip install 'pyfuzz[cluster]'") from None
    return Connection(asked)


def _client(asked: Remote, limit_s: float = _CONNECT_S) -> Any:
    from distributed import Client, Security  # noqa: PLC0415 (an extra)

    security = Security(require_encryption=True) if asked.tls else None  # from Dask's settings
    if security is not None and not security.tls_client_cert:
        raise UsageError(
            f"--cluster {asked.address} needs a certificate, Dask's settings name none: set "
            "distributed.comm.tls.ca-file and .client.cert (docs/cluster.md)"
        )
    try:
        client = Client(asked.address, security=security, timeout=limit_s, set_as_default=False)
    except Exception as error:  # noqa: BLE001 - a connection may fail in many ways
        raise UsageError(
            f"no Dask scheduler answers at {asked.address}: {_line(error)}; start one, "
            "dask scheduler (docs/cluster.md)"
        ) from None
    try:
        check(str(client.scheduler_info(n_workers=0)["address"]), "the scheduler listens on")
    except BaseException:
        client.close(timeout=1)
        raise
    return client


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _be_quiet() -> None:
    """Keep Dask's log out of the status; what matters of it is a note."""
    import distributed  # noqa: PLC0415 (an extra)

    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in (distributed.__name__, "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
