"""The supervisor, on small real processes."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from runtime.console import Console
from runtime.places import ROOT
from runtime.processes import Process
from runtime.supervisor import PATIENCE, StartFailed, Supervisor

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
)
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"


async def always() -> bool:
    return True


async def never() -> bool:
    return False


def process(name: str, code: str, *, is_well: Callable[[], object] = always) -> Process:
    command = (sys.executable, "-c", code)
    return Process(name=name, command=command, environment=dict(os.environ), is_well=is_well)  # type: ignore[arg-type]


class Service:
    """A supervisor at work, with what it says and what it writes."""

    def __init__(self, folder: Path, *processes: Process) -> None:
        self.pids_file = folder / "pids.json"
        self.out = io.StringIO()
        self.ready = asyncio.Event()
        self.supervisor = Supervisor(processes, pids=self.pids_file, console=Console(self.out))

    async def run(self, *, start_seconds: float = 20) -> None:
        await self.supervisor.run(on_ready=self.ready.set, start_seconds=start_seconds)

    @property
    def pids(self) -> dict[str, int]:
        pids: dict[str, int] = json.loads(self.pids_file.read_text())
        return pids

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not seen():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Path, *processes: Process) -> AsyncIterator[Service]:
    service = Service(folder, *processes)
    work = asyncio.create_task(service.run())
    try:
        await asyncio.wait_for(service.ready.wait(), 15)
        yield service
    finally:
        service.supervisor.stop()
        await work


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int]) -> bool:
    """Whether all have ended, within five seconds."""
    deadline = time.monotonic() + 5
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(is_alive, pids))


async def test_a_killed_process_is_started_again_and_the_log_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, process("front", SLEEPER), process("worker", SLEEPER)) as service:
        before = service.pids
        os.kill(before["front"], signal.SIGKILL)
        await service.until(lambda: service.pids["front"] != before["front"])
        assert service.pids["worker"] == before["worker"]
        assert "front was killed (SIGKILL): starting it again in 0.2 s" in service.out.getvalue()


async def test_the_pause_between_starts_grows(tmp_path: Path) -> None:
    async with running(tmp_path, process("front", SLEEPER)) as service:
        for _ in range(2):
            before = service.pids["front"]
            os.kill(before, signal.SIGKILL)
            await service.until(lambda pid=before: service.pids["front"] != pid)  # type: ignore[misc]
        assert "again in 0.2 s" in service.out.getvalue()
        assert "again in 0.4 s" in service.out.getvalue()


async def test_what_a_process_says_is_shown_under_its_name(tmp_path: Path) -> None:
    async with running(tmp_path, process("front", SLEEPER)) as service:
        await service.until(lambda: "front      | up\n" in service.out.getvalue())


async def test_a_very_long_line_is_shown_in_pieces(tmp_path: Path) -> None:
    long = "import time; print('x' * 300_000, flush=True); print('end', flush=True); time.sleep(60)"
    async with running(tmp_path, process("front", long)) as service:
        await service.until(lambda: "| end" in service.out.getvalue())
        assert service.out.getvalue().count("x") == 300_000


async def test_stopping_ends_all_processes_and_removes_the_list_of_them(tmp_path: Path) -> None:
    async with running(tmp_path, process("front", SLEEPER), process("worker", SLEEPER)) as service:
        pids = [pid for name, pid in service.pids.items() if name != "supervisor"]
    assert not any(map(is_alive, pids))
    assert not service.pids_file.exists()


async def test_a_process_that_does_not_listen_is_killed_within_five_seconds(tmp_path: Path) -> None:
    async with running(tmp_path, process("front", STUBBORN)) as service:
        await service.until(lambda: "| up" in service.out.getvalue())
        pid = service.pids["front"]
        began = time.monotonic()
    assert PATIENCE <= time.monotonic() - began < 5
    assert not is_alive(pid)


async def test_what_a_process_left_behind_is_ended_too(tmp_path: Path) -> None:
    async with running(tmp_path, process("front", PARENT)) as service:
        await service.until(lambda: "| up" in service.out.getvalue())
        children = Path(f"/proc/{service.pids['front']}/task/{service.pids['front']}/children").read_text().split()
    assert children
    assert gone([int(child) for child in children])


async def test_a_process_that_cannot_start_ends_the_whole_start(tmp_path: Path) -> None:
    service = Service(tmp_path, process("worker", SLEEPER), process("front", "raise SystemExit(3)", is_well=never))
    with pytest.raises(StartFailed, match="front ended with status 3 3 times"):
        await service.run()
    assert not service.pids_file.exists()


async def test_a_process_that_never_gets_well_ends_the_start_after_a_while(tmp_path: Path) -> None:
    service = Service(tmp_path, process("front", SLEEPER, is_well=never))
    with pytest.raises(StartFailed, match="front: not well after 1 seconds"):
        await service.run(start_seconds=1)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends the children of a killed process")
def test_no_process_survives_a_killed_supervisor(tmp_path: Path) -> None:
    code = textwrap.dedent(f"""
        import asyncio
        from pathlib import Path
        from tests.runtime.test_supervisor import SLEEPER, Service, process

        async def main():
            service = Service(Path({str(tmp_path)!r}), process("front", SLEEPER), process("worker", SLEEPER))
            work = asyncio.create_task(service.run())
            await service.ready.wait()
            print("ready", flush=True)
            await work

        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "ready\n"
        pids = json.loads((tmp_path / "pids.json").read_text())
        supervisor.kill()
    assert gone([pids["front"], pids["worker"]])
