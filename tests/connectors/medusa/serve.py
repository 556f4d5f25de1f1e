"""`make test-medusa`: a Medusa of its own, built from the npm packages, and the tests that need it.

`make packages` installs the packages alone.
Needs node, npm, and a PostgreSQL on which databases may be made (RETURNDESK_TEST_POSTGRES, an asyncpg URL). The
packages stay in the folder that is given; database and server are gone at the end.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.connectors.medusa.admin import PASSWORD, USER, furnish
from tests.connectors.medusa.supervised import kept_running
from tests.databases import SERVER, on_server
from tests.project_data import ROOT
from tests.services_at_work import free_ports

VERSION = "2.21.2"
_PACKAGES = ("@medusajs/cli", "@medusajs/framework", "@medusajs/medusa")
_CONFIG = """\
const { defineConfig } = require("@medusajs/framework/utils")
const cors = "http://localhost"
module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    http: {
      host: "127.0.0.1", storeCors: cors, adminCors: cors, authCors: cors,
      jwtSecret: process.env.MEDUSA_SECRET, cookieSecret: process.env.MEDUSA_SECRET,
    },
  },
})
"""
_START_SECONDS = 90
_SUITES = ("tests/contract", "tests/connectors/medusa/live")
_NOTHING_SELECTED = 5  # pytest's status


def main(folder: Path, arguments: list[str]) -> int:
    """The exit status of pytest, which is given the arguments; both suites at once, each on its own server.

    With `--install` for arguments nothing is run.
    """
    if arguments == ["--install"]:
        install(folder)
        return 0
    if not SERVER:
        print("RETURNDESK_TEST_POSTGRES must name a PostgreSQL server", file=sys.stderr)
        return 2
    install(folder)
    with ThreadPoolExecutor(len(_SUITES)) as threads:
        runs = threads.map(lambda suite: run(folder, [suite, *arguments]), _SUITES)
        statuses = [_report(done) for done in runs]
    return max(status if status != _NOTHING_SELECTED else 0 for status in statuses)


def run(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """pytest on a server and a database that are made for it and are gone afterwards."""
    name, secret = f"returndesk_medusa_{uuid4().hex}", uuid4().hex
    port, notices = free_ports(2)
    asyncio.run(on_server(f"CREATE DATABASE {name}"))
    try:
        environment = _environment(name, secret=secret, notices=notices)
        with (
            serving(folder, database=name, port=port, environment=environment) as url,
            TemporaryDirectory() as own,
        ):
            store = asyncio.run(furnish(url, notices_port=notices, notices_secret=secret))
            told = Path(own) / "store.json"
            told.write_text(json.dumps(store.told()), encoding="utf8")
            command = [sys.executable, "-m", "pytest", "-m", "medusa", *arguments]
            running = {**os.environ, "RETURNDESK_TEST_MEDUSA": str(told)}
            return subprocess.run(command, env=running, capture_output=True, text=True)
    finally:
        asyncio.run(on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def _report(done: subprocess.CompletedProcess[str]) -> int:
    print(done.stdout, done.stderr, sep="", flush=True)
    return done.returncode


def install(folder: Path) -> None:
    """The packages, unless they are there, and our files. No lock: it would name the registry's host."""
    stamp = folder / f".installed-{VERSION}"
    if not stamp.exists():
        _download(folder)
        stamp.touch()
    (folder / "medusa-config.js").write_text(_CONFIG, encoding="utf8")
    subscribers = folder / "src" / "subscribers"
    subscribers.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "connectors" / "medusa" / "subscriber.js", subscribers / "returndesk.js")


def _download(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package = {
        "name": "returndesk-test-medusa",
        "private": True,
        "dependencies": dict.fromkeys(_PACKAGES, VERSION),
    }
    (folder / "package.json").write_text(json.dumps(package), encoding="utf8")
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
    subprocess.run(["npm", "install", *quiet], cwd=folder, check=True)


@contextmanager
def serving(folder: Path, *, database: str, port: int, environment: Mapping[str, str]) -> Iterator[str]:
    """The address of a server on a migrated database, whose orders are numbered from 100001."""
    medusa = str(folder / "node_modules" / ".bin" / "medusa")
    log = folder / f"{database}.log"
    with log.open("w", encoding="utf8") as lines:
        for command in (["db:migrate"], ["user", "-e", USER, "-p", PASSWORD]):
            done = subprocess.run(
                [medusa, *command], cwd=folder, env=environment, stdout=lines, stderr=subprocess.STDOUT
            )
            if done.returncode:
                raise SystemExit(f"medusa {command[0]} failed:\n{log.read_text(encoding='utf8')[-4000:]}")
        asyncio.run(_number_from(database, 100001))
    command = [medusa, "start", "-p", str(port), "-H", "127.0.0.1"]
    with kept_running(command, folder=folder, environment=environment, log=log):
        url = f"http://127.0.0.1:{port}"
        _wait(url, log=log)
        yield url
    log.unlink()


def _environment(database: str, *, secret: str, notices: int) -> Mapping[str, str]:
    url = make_url(SERVER).set(drivername="postgres", database=database, query={"sslmode": "disable"})
    ours = {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "MEDUSA_SECRET": uuid4().hex,
        "MEDUSA_DISABLE_TELEMETRY": "1",
        "AFTER_SALES_URL": f"http://127.0.0.1:{notices}",
        "AFTER_SALES_SECRET": secret,
        "NODE_ENV": "production",
    }
    return {**os.environ, **ours}


async def _number_from(database: str, first: int) -> None:
    engine = create_async_engine(make_url(SERVER).set(database=database))
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"ALTER SEQUENCE order_display_id_seq RESTART WITH {first:d}"))
    finally:
        await engine.dispose()


def _wait(url: str, *, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise SystemExit(f"Medusa did not start:\n{log.read_text(encoding='utf8')[-4000:]}")
        time.sleep(0.3)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
