"""The service with a faulty refund service beside it, both in real processes."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import make_url

from runtime.places import ROOT
from tests.databases import SERVER, on_server
from tests.services_at_work import Service, environment, free_ports, serving


@dataclass(frozen=True)
class Stage:
    """`seconds` since it was opened."""

    service: Service
    folder: Path
    database_url: str
    ledger: Path
    _began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began


@contextmanager
def open_stage(folder: Path, *, database: str, seed: int) -> Iterator[Stage]:
    """`database`: "sqlite", or "postgresql" for one of its own on the server of RETURNDESK_TEST_POSTGRES."""
    with ExitStack() as stack:
        url = stack.enter_context(_postgres()) if database == "postgresql" else _sqlite(folder / "data")
        token, [port] = secrets.token_hex(32), free_ports(1)
        settings = environment(
            folder / "data",
            database_url=url,
            trusted_proxies=1,
            refund_service_url=f"http://127.0.0.1:{port}",
            refund_service_token=token,
        )
        service = stack.enter_context(serving(settings, folder=folder))
        ledger = folder / "provider.sqlite3"
        stack.enter_context(
            _provider(port=port, ledger=ledger, service=service.url, token=token, database=url, seed=seed)
        )
        yield Stage(service, folder, url, ledger)


def _sqlite(data: Path) -> str:
    return f"sqlite+aiosqlite:///{(data / 'returndesk.sqlite3').absolute()}"


@contextmanager
def _postgres() -> Iterator[str]:
    if not SERVER:
        sys.exit("RETURNDESK_TEST_POSTGRES names no PostgreSQL server")
    name = f"returndesk_faults_{uuid.uuid4().hex}"
    asyncio.run(on_server(f"CREATE DATABASE {name}"))
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        asyncio.run(on_server(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def _provider(
    *, port: int, ledger: Path, service: str, token: str, database: str, seed: int
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.faults.provider", "--port", str(port), "--ledger", str(ledger)]
    command += ["--service", service, "--token", token, "--database", database, "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            _until_it_answers(port)
            yield process
        finally:
            process.kill()


def _until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/refunds/none", timeout=5, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the provider does not answer")
