"""`returndesk policy`: looks after the returns policy."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from aftersales.domain.policy_history import PolicyHistory
from aftersales.stores.base import make_engine
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from runtime.cli_policy_files import read_or_fail
from runtime.cli_policy_publish import publish
from runtime.cli_policy_trials import explain, rehearse
from runtime.policy_history import read_history
from runtime.policy_legality import without_law
from runtime.policy_packs import pack, pack_names
from runtime.settings import Settings

app = typer.Typer(name="policy", help="The shop's returns policy.", no_args_is_help=True)

PolicyFile = Annotated[Path | None, typer.Argument(help="The file; without it the one of the settings.")]


@app.callback()
def policy() -> None:
    """The shop's returns policy."""


@app.command()
def check(file: PolicyFile = None) -> None:
    """Read the policy and say "ok" with its version, or list every problem with its line."""
    loaded = read_or_fail(file or Settings().policy_file)
    if unknown := without_law(loaded):
        typer.echo(f"not held to a law that is known here: {', '.join(sorted(unknown))}", err=True)
    typer.echo(f"ok {loaded.version}")


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="Where to write it; must not be there yet.")],
    name: Annotated[str, typer.Option("--pack", help="cn, eu-uk or plain.")],
) -> None:
    """Write a ready policy to start from: cn, eu-uk or plain."""
    try:
        words = pack(name).read_bytes()
    except KeyError:
        raise typer.BadParameter(f"{name}: there are {', '.join(pack_names())}", param_hint="--pack") from None
    try:
        with file.open("xb") as opened:
            opened.write(words)
    except OSError as error:
        typer.echo(f"{file}: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{file} is written; make it your shop's own, then set RETURNDESK_POLICY_FILE={file}")


@app.command()
def history() -> None:
    """List the versions that were put in force, oldest first: version, and from when on (UTC)."""
    found = asyncio.run(_history(Settings()))
    for period in found.periods:
        typer.echo(f"{period.policy.version}\t{period.valid_from:%Y-%m-%d %H:%M:%S}")
    if not found.periods:
        typer.echo("no version was put in force yet: the service was never started with one", err=True)


async def _history(settings: Settings) -> PolicyHistory:
    engine = make_engine(settings.database)
    try:
        return await read_history(SqlUnitOfWorkFactory(engine))
    finally:
        await engine.dispose()


app.command()(explain)
app.command()(rehearse)
app.command()(publish)

if __name__ == "__main__":
    app()
