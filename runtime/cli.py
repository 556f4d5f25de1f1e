"""The command `returndesk`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from runtime import (
    cli_agent,
    cli_audit,
    cli_faq,
    cli_hours,
    cli_keys,
    cli_migrations,
    cli_policy,
    cli_preview,
    cli_shop,
    cli_statement,
    cli_telegram,
    cli_understanding,
    cli_webhooks,
)
from runtime.console import Console
from runtime.model import provide_model
from runtime.places import make_data_folder
from runtime.problems import CannotStart, read_settings
from runtime.start import prepare_database
from runtime.start import run as run_service

Result = TypeVar("Result")

app = typer.Typer(
    name="returndesk", help="After-sales service: returns, refunds, complaints.", no_args_is_help=True
)
app.add_typer(cli_shop.app, name="shop")
app.add_typer(cli_policy.app, name="policy")
app.add_typer(cli_faq.app, name="faq")
app.add_typer(cli_hours.app, name="hours")
app.add_typer(cli_agent.app, name="agent")
app.add_typer(cli_keys.app, name="keys")
app.add_typer(cli_webhooks.app, name="webhooks")
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_telegram.app, name="telegram")
app.add_typer(cli_understanding.app)
app.command()(cli_statement.statement)
app.command()(cli_preview.preview)


@app.command()
def run() -> None:
    """Start everything: bot, actions, worker, front. Ctrl-C stops it."""
    _do(run_service(read_settings(), console=Console()))


@app.command()
def migrate() -> None:
    """Bring the database to the present tables (`run` does so by itself)."""
    settings = read_settings()
    make_data_folder(settings.data)
    _do(prepare_database(settings))
    typer.echo("the database is current")


@app.command()
def migration(message: str) -> None:
    """Write a migration after a change of the tables; for developers."""
    cli_migrations.write(message)


@app.command()
def train() -> None:
    """Train the model for the present data unless it is there already; prints its path."""
    typer.echo(str(_do(provide_model(read_settings(), _progress))))


def _progress(line: str) -> None:
    Console(sys.stderr).say("train", line)


def _do(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


def main() -> None:
    """Every known reason not to start becomes a line on standard error and status 1."""
    try:
        app()
    except CannotStart as problem:
        for line in problem.lines:
            print(line, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
