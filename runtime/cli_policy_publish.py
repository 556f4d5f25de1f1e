"""`returndesk policy publish`: puts a policy in force while the service runs."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aftersales.domain.policy_rules import Policy
from aftersales.stores.base import make_engine
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from runtime.cli_policy_files import read_or_fail
from runtime.faq_file import FAQ, FaqFileError, load_faq
from runtime.policy_file import read_text
from runtime.policy_history import SameVersionError, note_rules
from runtime.settings import Settings
from runtime.texts import RESPONSES, ResponseTexts

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


def publish(
    file: Annotated[Path, typer.Argument(help="The new policy.")],
    begins: Annotated[
        datetime | None,
        typer.Option("--from", formats=_FORMATS, help="From when on, in the shop's zone; without it at once."),
    ] = None,
) -> None:
    """Check a policy, put it in the place of the one of the settings, and have all processes take it."""
    settings = Settings()
    policy = read_or_fail(file)
    raw = read_text(file)
    try:
        load_faq(FAQ, policy=policy, responses=ResponseTexts(RESPONSES).names)
        from_when = begins.replace(tzinfo=ZoneInfo(settings.timezone)).astimezone(UTC) if begins else None
        _replace(settings, policy, raw, begins=from_when)
    except (FaqFileError, SameVersionError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"{settings.policy_file}: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"ok {policy.version}")


def _replace(settings: Settings, policy: Policy, raw: bytes, *, begins: datetime | None) -> None:
    """The file appears whole or not at all, and only once its version is noted."""
    place = settings.policy_file.resolve()
    with NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as beside:
        written = Path(beside.name)
        beside.write(raw)
        beside.flush()
        os.fsync(beside.fileno())
    try:
        written.chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
        asyncio.run(_note(settings, policy, raw, begins=begins))
        written.replace(place)
    finally:
        written.unlink(missing_ok=True)


async def _note(settings: Settings, policy: Policy, raw: bytes, *, begins: datetime | None) -> None:
    engine = make_engine(settings.database)
    zone, now = ZoneInfo(settings.timezone), datetime.now(UTC)
    try:
        await note_rules(
            SqlUnitOfWorkFactory(engine), policy, raw, zone=zone, now=now, channel="cli", begins=begins
        )
    finally:
        await engine.dispose()
