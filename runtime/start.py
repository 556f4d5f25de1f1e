"""`returndesk run`: from settings to a running service, step by step."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy.exc import SQLAlchemyError

from aftersales.stores.base import make_engine
from aftersales.stores.migrations import upgrade
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from runtime.bot_files import write_bot_files
from runtime.console import Console
from runtime.demo_data.seeder import seed_demo
from runtime.model import provide_model
from runtime.places import make_data_folder, pids_file
from runtime.policy_file import PolicyFileError
from runtime.policy_history import SameVersionError, note_policy
from runtime.problems import CannotStart, check_settings, unknown_variables
from runtime.processes import plan
from runtime.secret_files import load_or_make
from runtime.settings import Settings
from runtime.supervisor import StartFailed, Supervisor

START_SECONDS = 120.0


async def run(settings: Settings, *, console: Console) -> None:
    """Runs the service until SIGINT, SIGTERM or SIGHUP. Raises CannotStart with a line for each thing wrong."""
    for name in unknown_variables():
        console.say("returndesk", f"{name} is no setting of ours (see docs/settings.md); it has no effect")
    check_settings(settings)
    with _data_folder(settings.data):
        settings = load_or_make(settings)
        await prepare_database(settings)
        await put_in_force(settings)
        write_bot_files(settings)
        model = await provide_model(settings, lambda line: console.say("train", line))
        check_settings(settings)  # training takes a while: somebody may have taken a port meanwhile
        await _supervise(settings, model=model, console=console)


async def prepare_database(settings: Settings) -> None:
    """Migrates, and fills the demo shop where the demo is on. Raises CannotStart when the database fails."""
    engine = make_engine(settings.database)
    try:
        await upgrade(engine)
        if settings.demo:
            await seed_demo(engine, media_folder=settings.data / "media", now=datetime.now(UTC))
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise CannotStart(f"RETURNDESK_DATABASE_URL: the database cannot be used ({reason})") from error
    finally:
        await engine.dispose()


async def put_in_force(settings: Settings) -> None:
    """Notes the returns policy of the settings, if it is a new one. Raises CannotStart."""
    engine = make_engine(settings.database)
    zone, now = ZoneInfo(settings.timezone), datetime.now(UTC)
    try:
        await note_policy(SqlUnitOfWorkFactory(engine), settings.policy_file, zone=zone, now=now)
    except (PolicyFileError, SameVersionError) as error:
        raise CannotStart(f"RETURNDESK_POLICY_FILE: {error}") from error
    finally:
        await engine.dispose()


@contextmanager
def _data_folder(data: Path) -> Iterator[None]:
    """Holds the folder for this service alone. Raises CannotStart."""
    try:
        make_data_folder(data)
        lock = open(data / "lock", "a", encoding="ascii")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise CannotStart(f"RETURNDESK_DATA: {data} cannot be used ({error.strerror})") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(f"RETURNDESK_DATA: {data} is in use by a service that runs already") from None
        yield


async def _supervise(settings: Settings, *, model: Path, console: Console) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
        processes = plan(settings, model=model, outer=os.environ, client=client)
        supervisor = Supervisor(processes, pids=pids_file(settings.data), console=console)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, supervisor.stop)
        console.say("returndesk", "starting bot, actions, worker and front")
        try:
            await supervisor.run(on_ready=lambda: _welcome(settings, console), start_seconds=START_SECONDS)
        except StartFailed as error:
            raise CannotStart(str(error)) from None


def _welcome(settings: Settings, console: Console) -> None:
    url = settings.front_url
    lines = [
        "ready",
        f"desk       {url}/desk  (owner; first password: {_where_merchant_key(settings)})",
        f"API        {url}/api-docs/",
    ]
    if settings.demo:
        lines += [f"demo shop  {url}/demo/", f"demo mail  {url}/demo/mailbox/"]
    for line in lines:
        console.say("returndesk", line)


def _where_merchant_key(settings: Settings) -> str:
    file = settings.data / "secrets" / "merchant_key"
    from_file = (
        file.exists() and file.read_text(encoding="ascii").strip() == settings.merchant_key.get_secret_value()
    )
    return f"in {file}" if from_file else "RETURNDESK_MERCHANT_KEY"
