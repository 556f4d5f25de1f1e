"""Policy files as commands take them."""

from __future__ import annotations

from pathlib import Path

import typer

from aftersales.domain.policy_rules import Policy
from runtime.policy_file import PolicyFileError, load_policy


def read_or_fail(path: Path) -> Policy:
    """The policy of a file; a file with problems ends the command with all of them."""
    try:
        return load_policy(path)
    except PolicyFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
