"""Runs the processes of one service: starts them, restarts what dies, stops all of them together."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from runtime.console import Console
from runtime.processes import Process

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
STEADY_SECONDS = 20.0
PATIENCE = 3.0
STARTS_BEFORE_READY = 3
_POLL_SECONDS = 0.2
_PR_SET_PDEATHSIG = 1


class StartFailed(Exception):
    """A process died again and again, or took too long, before the service was ready."""


class Supervisor:
    """`pids` is a JSON file kept up to date: {"supervisor": pid, "<name>": pid, …}."""

    def __init__(self, processes: Sequence[Process], *, pids: Path, console: Console) -> None:
        self._processes = processes
        self._pids_file = pids
        self._console = console
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._ready = False

    def stop(self) -> None:
        """Asks `run` to end; may be called from a signal handler, and more than once."""
        self._stopping.set()

    async def run(self, *, on_ready: Callable[[], None], start_seconds: float) -> None:
        """Returns after `stop`, with every process ended within five seconds.

        Raises StartFailed, everything ended too, when the service does not become ready.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                keepers = [tasks.create_task(self._keep(process)) for process in self._processes]
                tasks.create_task(self._announce(on_ready, start_seconds))
                await self._stopping.wait()
                self._console.say("returndesk", "stopping")
                await asyncio.gather(*map(_end, self._running.values()))
                for keeper in keepers:
                    keeper.cancel()
        except* StartFailed as group:
            raise group.exceptions[0] from None
        finally:
            await asyncio.gather(*map(_end, self._running.values()))
            self._pids_file.unlink(missing_ok=True)

    async def _announce(self, on_ready: Callable[[], None], start_seconds: float) -> None:
        waiting = {process.name: process for process in self._processes}
        try:
            async with asyncio.timeout(start_seconds):
                while waiting and not self._stopping.is_set():
                    for name, process in list(waiting.items()):
                        if name in self._running and await process.is_well():
                            del waiting[name]
                    await asyncio.sleep(_POLL_SECONDS if waiting else 0)
        except TimeoutError:
            raise StartFailed(f"{', '.join(waiting)}: not well after {start_seconds:.0f} seconds") from None
        if not self._stopping.is_set():
            self._ready = True
            on_ready()

    async def _keep(self, process: Process) -> None:
        pause, starts = FIRST_PAUSE, 0
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            status = await self._run_once(process)
            starts += 1
            if self._stopping.is_set():
                return
            if not self._ready and starts >= STARTS_BEFORE_READY:
                raise StartFailed(f"{process.name} {_how(status)} {starts} times; what it said stands above")
            if loop.time() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self._console.say("returndesk", f"{process.name} {_how(status)}: starting it again in {pause:.1f} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _run_once(self, process: Process) -> int:
        child = await asyncio.create_subprocess_exec(
            *process.command,
            env=dict(process.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal reaches the supervisor alone
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        self._running[process.name] = child
        self._write_pids()
        assert child.stdout is not None  # noqa: S101 (asked for above)
        relay = asyncio.create_task(self._console.relay(process.name, child.stdout))
        try:
            return await child.wait()
        finally:
            if child.returncode is not None:
                _signal_group(child, signal.SIGKILL)  # whatever it started and left behind
            with suppress(TimeoutError):
                await asyncio.wait_for(relay, 0.5)

    def _write_pids(self) -> None:
        pids = {"supervisor": os.getpid(), **{name: child.pid for name, child in self._running.items()}}
        new = self._pids_file.with_suffix(".new")
        new.write_text(json.dumps(pids), encoding="ascii")
        new.replace(self._pids_file)


async def _end(child: asyncio.subprocess.Process) -> None:
    """SIGTERM, and SIGKILL to the whole group after PATIENCE seconds."""
    if child.returncode is not None:
        return
    _signal_group(child, signal.SIGTERM)
    try:
        await asyncio.wait_for(child.wait(), PATIENCE)
    except TimeoutError:
        _signal_group(child, signal.SIGKILL)
        await child.wait()


def _signal_group(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _die_with_parent() -> None:
    """Runs in the child before its program: the kernel kills it when the supervisor is gone, however it went."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() == 1:
        os._exit(1)


def _how(status: int) -> str:
    return f"ended with status {status}" if status >= 0 else f"was killed ({signal.Signals(-status).name})"
