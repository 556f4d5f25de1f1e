"""Starting the two bots, each on one core, and what that takes: seconds and memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from runtime.processes import bot_environment
from tests.services_at_work import Service, free_ports

START_SECONDS = 180.0


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """This process, and whatever it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(
    command: Sequence[str], *, well: str, headers: Mapping[str, str], cwd: Path
) -> Iterator[tuple[int, float]]:
    """Starts a server; its process id and the seconds until `well` answered."""
    began = time.perf_counter()
    environment = {**bot_environment(os.environ), **({} if (cwd / "bot").is_dir() else {"PYTHONPATH": ""})}
    with subprocess.Popen(  # noqa: S603 (our own)
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not _answers(well, headers):
                if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                    raise RuntimeError(f"{command[0]} did not become well")
                time.sleep(0.1)
            yield process.pid, time.perf_counter() - began
        finally:
            process.kill()


def our_bot(service: Service, *, python: Path, model: Path) -> tuple[list[str], str, dict[str, str]]:
    """Another bot like the service's own, on a port of its own: command, health address, headers."""
    (port,) = free_ports(1)
    files = service.data / "bot"
    command = [str(python.absolute()), "-m", "bot.serve", "--model", str(model.absolute()), "--port", str(port)]
    command += ["--credentials", str(files / "credentials.yml"), "--endpoints", str(files / "endpoints.yml")]
    headers = {"Authorization": f"Bearer {service.secret('internal_secret')}"}
    return command, f"http://127.0.0.1:{port}/webhooks/returndesk/health", headers


def stock_bot(service: Service, *, python: Path, model: Path, folder: Path) -> tuple[list[str], str]:
    """`rasa run` with the REST channel and the service's action server: command, health address."""
    (port,) = free_ports(1)
    endpoints: dict[str, Any] = yaml.safe_load((service.data / "bot" / "endpoints.yml").read_text(encoding="utf8"))
    endpoints["tracker_store"] = {"type": "SQL", "dialect": "sqlite", "db": str(folder / "trackers.sqlite3")}
    (folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints), encoding="utf8")
    command = [str(python.absolute()), "-m", "rasa", "run", "--enable-api", "-i", "127.0.0.1", "-p", str(port)]
    command += ["-m", str(model), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    return command, f"http://127.0.0.1:{port}/status"


def resident_megabytes(pid: int) -> float:
    """VmRSS of the process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1024


def _answers(url: str, headers: Mapping[str, str]) -> bool:
    try:
        return httpx.get(url, headers=dict(headers), timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
