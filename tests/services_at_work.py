"""The whole service in real processes, started as a shopkeeper starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import httpx

from runtime.places import ROOT

BOT_PYTHON = Path(os.environ.get("RETURNDESK_TEST_BOT_PYTHON") or ROOT / ".envs" / "bot" / "bin" / "python")
# Read once: pytest writes into the environment while dialogues start programs in other threads.
OUTER = {name: value for name, value in os.environ.items() if not name.startswith("RETURNDESK_")}
START_SECONDS = 110.0
PROCESSES = ("front", "bot", "actions", "worker")


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, each another one."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [sock.getsockname()[1] for sock in sockets]


def environment(data: Path, **settings: object) -> dict[str, str]:
    """The machine's environment without its settings of ours, and with these."""
    front, bot, actions = free_ports(3)
    ours = {
        "data": data,
        "port": front,
        "bot_port": bot,
        "actions_port": actions,
        "bot_python": BOT_PYTHON,
        "policy_file": ROOT / "returns_policy.yml",
        "hours_file": ROOT / "desk_hours.yml",
        "demo": True,
        "refund_delay_seconds": 0.5,
        **settings,
    }
    return {
        **OUTER,
        "PYTHONPATH": str(ROOT),
        **{f"RETURNDESK_{name.upper()}": str(value) for name, value in ours.items()},
    }


class Service:
    """A service that was started; `url` is the front's address."""

    def __init__(self, started: subprocess.Popen[str], *, settings: Mapping[str, str]) -> None:
        self.process = started
        self.data = Path(settings["RETURNDESK_DATA"])
        self.database_url = settings.get("RETURNDESK_DATABASE_URL", "")
        self.url = f"http://127.0.0.1:{settings['RETURNDESK_PORT']}"
        self.bot_url = f"http://127.0.0.1:{settings['RETURNDESK_BOT_PORT']}"
        self.actions_url = f"http://127.0.0.1:{settings['RETURNDESK_ACTIONS_PORT']}"
        self.lines: list[str] = []
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def pids(self) -> dict[str, int]:
        """supervisor, front, bot, actions, worker."""
        pids: dict[str, int] = json.loads((self.data / "pids.json").read_text())
        return pids

    def secret(self, name: str) -> str:
        """One of runtime.secret_files.NAMES, as made in the data folder."""
        return (self.data / "secrets" / name).read_text(encoding="ascii").strip()

    @property
    def merchant_key(self) -> str:
        return self.secret("merchant_key")

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def is_well(self) -> bool:
        """All parts are up: bot and actions by their own word, the others by the front's (up to 2 s old)."""
        urls = (f"{self.bot_url}/webhooks/returndesk/health", f"{self.actions_url}/health", f"{self.url}/health/")
        try:
            answers = [httpx.get(url, timeout=5, trust_env=False) for url in urls]
        except httpx.TransportError:
            return False
        return all(answer.status_code == 200 for answer in answers) and answers[-1].json()["status"] == "ok"

    def until(self, seen: Callable[[], bool], *, seconds: float) -> None:
        """Waits; fails with what the service said."""
        deadline = time.monotonic() + seconds
        while not seen():
            assert time.monotonic() < deadline, f"not seen within {seconds} s; the service said:\n{self.said}"
            assert self.process.poll() is None, f"the service ended; it said:\n{self.said}"
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Exit status, and how many seconds it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(20)
        finally:
            self.process.kill()
            self._reader.join(5)
        return status, time.monotonic() - began


@contextmanager
def starting(settings: Mapping[str, str], *, folder: Path) -> Iterator[Service]:
    """Starts a service and does not wait for it; it is stopped at the end."""
    command = [sys.executable, "-m", "runtime.cli", "run"]
    with subprocess.Popen(
        command, cwd=folder, env=dict(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        service = Service(started, settings=settings)
        try:
            yield service
        finally:
            service.stop()


@contextmanager
def serving(settings: Mapping[str, str], *, folder: Path) -> Iterator[Service]:
    """Starts a service, waits until it says that it is ready; it is stopped at the end."""
    with starting(settings, folder=folder) as service:
        service.until(lambda: any(line.endswith("| ready") for line in service.lines), seconds=START_SECONDS)
        yield service


def refusal(settings: Mapping[str, str], *, folder: Path) -> tuple[int, list[str]]:
    """Exit status and lines of a start that is expected to fail at once."""
    command = [sys.executable, "-m", "runtime.cli", "run"]
    done = subprocess.run(
        command, cwd=folder, env=dict(settings), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()
