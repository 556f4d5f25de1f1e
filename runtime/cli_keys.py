"""`returndesk keys`: keys with which the shop's own programs use the merchant API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from aftersales.domain.api_keys import ApiKey, Scope
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.services import api_keys
from aftersales.services.context import Context
from aftersales.services.moves import By
from runtime.cli_agent import in_context

Result = TypeVar("Result")

app = typer.Typer(name="keys", help="Keys of programs that use the merchant API.", no_args_is_help=True)
_BY = By("system", "cli")
_TOLD = {"name": "a name has 1 to 80 characters", "scopes": "a key needs at least one scope"}


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the program is, for people.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Valid for so many days; else for good.")
    ] = None,
) -> None:
    """Make a key and show it, once."""

    async def make(ctx: Context) -> tuple[str, ApiKey]:
        expires_at = ctx.clock.now() + timedelta(days=days) if days else None
        return await api_keys.add_api_key(ctx, name=name, scopes=scope, by=_BY, expires_at=expires_at)

    written, _ = _do(make)
    typer.echo(written)
    typer.echo("Keep it now: it is not shown again.", err=True)


@app.command("list")
def list_keys() -> None:
    """Show all keys, without their secrets."""
    for key in _do(api_keys.all_api_keys):
        typer.echo(_line(key))


@app.command()
def revoke(prefix: Annotated[str, typer.Argument(help="The eight letters after rd_.")]) -> None:
    """Let a key open nothing any more."""
    _do(lambda ctx: api_keys.revoke_api_key(ctx, prefix=prefix, by=_BY))
    typer.echo(f"{prefix} is revoked")


def _do(work: Callable[[Context], Awaitable[Result]]) -> Result:
    """Status 1 and a line on standard error for what can be expected to go wrong."""
    try:
        return asyncio.run(in_context(work))
    except Invalid as error:
        reason = _TOLD.get(error.field, error.field)
    except Conflict:
        reason = f"there are {api_keys.MOST} valid keys; revoke one first"
    except NotFound:
        reason = "there is no such key"
    typer.echo(reason, err=True)
    raise typer.Exit(1)


def _line(key: ApiKey) -> str:
    used = f"used {key.last_used_at:%Y-%m-%d %H}h" if key.last_used_at else "never used"
    ends = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else ""
    revoked = "revoked" if key.revoked_at else ""
    words = (key.prefix, key.name, " ".join(sorted(key.scopes)), used, ends, revoked)
    return "  ".join(word for word in words if word)
