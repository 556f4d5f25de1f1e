"""`returndesk webhooks`: where the shop's own systems are told of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer

from aftersales.domain.errors import Invalid, NotFound
from aftersales.domain.webhooks import Endpoint
from aftersales.services import webhooks
from aftersales.services.context import Context
from aftersales.services.moves import By
from runtime.cli_agent import in_context

Result = TypeVar("Result")

app = typer.Typer(name="webhooks", help="Where programs are told of changes.", no_args_is_help=True)
_BY = By("system", "cli")
Id = Annotated[str, typer.Argument(help="The webhook's id, as `list` shows it.")]


@app.command("list")
def list_webhooks() -> None:
    """Show all webhooks, without their secrets."""
    for endpoint in _do(webhooks.all_endpoints):
        typer.echo(_line(endpoint))


@app.command()
def enable(endpoint_id: Id) -> None:
    """Switch a webhook on; it is told everything that happened meanwhile."""
    typer.echo(_line(_do(lambda ctx: webhooks.switch_endpoint(ctx, endpoint_id=endpoint_id, on=True, by=_BY))))


@app.command()
def disable(endpoint_id: Id) -> None:
    """Switch a webhook off."""
    typer.echo(_line(_do(lambda ctx: webhooks.switch_endpoint(ctx, endpoint_id=endpoint_id, on=False, by=_BY))))


@app.command()
def replay(
    endpoint_id: Id,
    since: Annotated[datetime, typer.Option(help="In UTC, e.g. 2026-11-22T08:00:00; 30 days back at most.")],
) -> None:
    """Tell a webhook everything once more from a time on."""
    at = since.replace(tzinfo=UTC)
    typer.echo(_line(_do(lambda ctx: webhooks.replay(ctx, endpoint_id=endpoint_id, since=at, by=_BY))))


@app.command()
def remove(endpoint_id: Id) -> None:
    """Remove a webhook with all that was on its way to it."""
    _do(lambda ctx: webhooks.remove_endpoint(ctx, endpoint_id=endpoint_id, by=_BY))
    typer.echo(f"{endpoint_id} is removed")


def _do(work: Callable[[Context], Awaitable[Result]]) -> Result:
    """Status 1 and a line on standard error for what can be expected to go wrong."""
    try:
        return asyncio.run(in_context(work))
    except Invalid:
        reason = "the time is more than 30 days ago"
    except NotFound:
        reason = "there is no such webhook"
    typer.echo(reason, err=True)
    raise typer.Exit(1)


def _line(endpoint: Endpoint) -> str:
    """Without the address's query, which may hold a secret."""
    events = " ".join(endpoint.events) or "everything"
    state = f"off: {endpoint.off.value}" if endpoint.off else "failing" if endpoint.failing_since else "on"
    return "  ".join((endpoint.id, endpoint.url.partition("?")[0], events, state))
