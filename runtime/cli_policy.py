"""`returndesk policy`: looks after the returns policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.policy_file import PolicyFileError, load_policy
from runtime.settings import Settings

app = typer.Typer(name="policy", help="The shop's returns policy.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """The shop's returns policy."""


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="The file; without it the one of the settings.")] = None,
) -> None:
    """Read the policy and say "ok" with its version, or list every problem with its line."""
    path = file or Settings().policy_file
    try:
        loaded = load_policy(path)
    except PolicyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"ok {loaded.version}")


if __name__ == "__main__":
    app()
