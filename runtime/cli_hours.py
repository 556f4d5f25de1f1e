"""`returndesk hours`: looks after the hours in which people answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aftersales.domain.business_time import DAY, Hours
from aftersales.domain.texts import LANGUAGES, Language
from runtime.hours_file import load_hours
from runtime.policy_file import PolicyFileError
from runtime.settings import Settings

app = typer.Typer(name="hours", help="When people are there to answer.", no_args_is_help=True)

_DAYS = 7


@app.callback()
def hours() -> None:
    """When people are there to answer."""


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="The file; without it the one of the settings.")] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day to list; today without it.")
    ] = None,
) -> None:
    """List the hours of seven days in each language, or every problem of the file with its line."""
    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    try:
        found = load_hours(file or settings.hours_file, zone=zone)
    except PolicyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    first = (start or datetime.now(zone)).date()
    for language in LANGUAGES:
        typer.echo(f"{language} ({settings.timezone})")
        for passed in range(_DAYS):
            day = first + timedelta(days=passed)
            typer.echo(f"  {day:%Y-%m-%d %a}  {_told(found, language, day)}")
    typer.echo("ok")


def _told(found: Hours, language: Language, day: date) -> str:
    if language not in found.schedules:
        return "always"
    spans = found.schedules[language].of(day)
    return ", ".join(f"{_clock(span.start)}-{_clock(span.end)}" for span in spans) or "closed"


def _clock(minute: int) -> str:
    return "24:00" if minute == DAY else f"{minute // 60:02}:{minute % 60:02}"


if __name__ == "__main__":
    app()
