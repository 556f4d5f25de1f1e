"""`returndesk audit`: proves that the journal is what it was."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from aftersales.domain.seals import FaultKind
from aftersales.services.sealing import Audit, audit_journal
from runtime.problems import read_settings
from runtime.secret_files import load_or_make
from runtime.wiring import open_context

app = typer.Typer(name="audit", help="The journal of all that was done.", no_args_is_help=True)

_TOLD = {
    FaultKind.CHANGED: "was changed after it was sealed",
    FaultKind.REMOVED: "was removed after it was sealed",
    FaultKind.GAP: "follows seals that are missing",
}


@app.callback()
def audit() -> None:
    """The journal of all that was done."""


@app.command()
def verify(
    head: Annotated[str, typer.Option(help="A head noted earlier: must still be in the chain.")] = "",
) -> None:
    """Check the seal of every journal entry; status 1 when anything was changed, removed or left out."""
    found = asyncio.run(_verify(head))
    for fault in found.faults:
        typer.echo(f"entry {fault.entry_id} (seal {fault.position}) {_TOLD[fault.kind]}", err=True)
    if found.late:
        typer.echo(f"{found.late} entries have no seal: does the worker run?", err=True)
    if found.met is False:
        typer.echo("the noted head is not part of the chain: its end was cut off or made anew", err=True)
    if not found.sound:
        raise typer.Exit(1)
    typer.echo(f"ok {found.sealed} entries, head {found.head or 'none'}")


async def _verify(head: str) -> Audit:
    settings = load_or_make(read_settings())
    async with open_context(settings, watches=False) as ctx:
        return await audit_journal(ctx, key=settings.audit_key.get_secret_value().encode(), noted=head)
