"""`returndesk agent`: accounts of the people at the desk. Passwords come from a prompt or the standard input."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Annotated, TypeVar

import segno
import typer

from aftersales.domain.accounts import Account, Role
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.money import Money, minor_digits
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.services import accounts, identities
from aftersales.services.context import Context
from aftersales.services.moves import By
from aftersales.stores.base import make_engine
from aftersales.stores.migrations import upgrade
from runtime.places import make_data_folder
from runtime.problems import read_settings
from runtime.secret_files import load_or_make
from runtime.wiring import open_context

Result = TypeVar("Result")

app = typer.Typer(name="agent", help="Accounts of the people at the desk.", no_args_is_help=True)
_BY = By("system", "cli")
_TOLD = {
    "name": "a name has 2 to 32 small letters, digits, dots, dashes or underscores, and begins with a letter",
    "display_name": "a display name has 1 to 40 characters that can be seen",
    "password_too_short": "a password has 12 characters at least",
    "subject": "a subject has 1 to 255 characters",
    "email": "this is no e-mail address",
    "password_too_long": "a password has 200 characters at most",
}
_TAKEN = {
    "name": "this name was given before; names are never given twice",
    "subject": "this subject has an account",
}

Name = Annotated[str, typer.Argument(help="What the person signs in with.")]
Limits = Annotated[
    list[str] | None, typer.Option("--limit", help="Own limit for refunds, e.g. CNY=2000; may be repeated.")
]


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    limit: Limits = None,
    display: Annotated[str, typer.Option(help="The name that customers and colleagues read.")] = "",
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Make an account."""
    chosen, limits, password = _language(language), _limits(limit), _password()
    made = _do(
        lambda ctx: accounts.add_account(
            ctx,
            name=name,
            role=role,
            password=password,
            by=_BY,
            display_name=display,
            language=chosen,
            limits=limits,
        )
    )
    typer.echo(f"{made.name} may sign in")


@app.command("list")
def list_accounts() -> None:
    """Show all accounts."""
    for account in _do(accounts.all_accounts):
        typer.echo(_line(account))


@app.command()
def change(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="Another role.")] = None,
    limit: Limits = None,
) -> None:
    """Give an account another role, or other limits of its own (those given replace the ones it had)."""
    limits = _limits(limit) if limit else None
    typer.echo(_line(_do(lambda ctx: accounts.change_account(ctx, name=name, by=_BY, role=role, limits=limits))))


@app.command()
def rename(
    name: Name, display: Annotated[str, typer.Argument(help="The name that customers and colleagues read.")]
) -> None:
    """Give an account another name to be read; people go on signing in with the old one."""
    typer.echo(_line(_do(lambda ctx: accounts.rename_account(ctx, name=name, display_name=display, by=_BY))))


@app.command()
def disable(name: Name) -> None:
    """Let an account do nothing any more; whoever has it is signed out."""
    _do(lambda ctx: accounts.disable_account(ctx, name=name, by=_BY))
    typer.echo(f"{name} is disabled")


@app.command()
def enable(name: Name) -> None:
    """Let a disabled account sign in again."""
    _do(lambda ctx: accounts.enable_account(ctx, name=name, by=_BY))
    typer.echo(f"{name} may sign in")


@app.command()
def password(name: Name) -> None:
    """Give an account another password; whoever has it is signed out."""
    given = _password()
    _do(lambda ctx: accounts.set_password(ctx, name=name, password=given, by=_BY))
    typer.echo(f"{name} has a new password")


@app.command()
def invite(
    name: Name,
    subject: Annotated[str, typer.Option(help="Who the person is at the identity provider (claim sub).")] = "",
    email: Annotated[str, typer.Option(help="The e-mail that the provider has verified.")] = "",
) -> None:
    """Let somebody open an account through the identity provider: by subject, or the first with this e-mail."""
    issuer = read_settings().oidc_issuer
    if not issuer or bool(subject) == bool(email):
        raise _refused("give --subject or --email, and set RETURNDESK_OIDC_ISSUER")
    _do(lambda ctx: identities.invite(ctx, name=name, issuer=issuer, subject=subject, email=email, by=_BY))
    typer.echo(f"{name} may sign in through {issuer}")


@app.command()
def uninvite(name: Name) -> None:
    """Let nobody open an account through the identity provider any more; whoever has it is signed out."""
    count = _do(lambda ctx: identities.unlink(ctx, name=name, by=_BY))
    typer.echo(f"{name}: {count} taken away")


@app.command()
def totp(
    name: Name, off: Annotated[bool, typer.Option("--off", help="Ask this account for no code.")] = False
) -> None:
    """Have an account sign in with codes of an authenticator app; shows what the app scans, once."""
    if off:
        _do(lambda ctx: accounts.remove_second_factor(ctx, name=name, by=_BY))
        typer.echo(f"{name} needs no code any more")
        return
    key = load_or_make(read_settings()).account_key.get_secret_value().encode()
    uri = _do(lambda ctx: accounts.set_second_factor(ctx, name=name, key=key, by=_BY))
    typer.echo(uri)
    segno.make_qr(uri).terminal(sys.stdout, compact=True)


def _do(work: Callable[[Context], Awaitable[Result]]) -> Result:
    """Status 1 and a line on standard error for what can be expected to go wrong."""
    try:
        return asyncio.run(in_context(work))
    except Invalid as error:
        reason = _TOLD.get(error.field, error.field)
    except Conflict as error:
        reason = _TAKEN.get(error.detail, _TAKEN["name"])
    except NotFound:
        reason = "there is no such account"
    raise _refused(reason)


async def in_context(work: Callable[[Context], Awaitable[Result]]) -> Result:
    settings = read_settings()
    make_data_folder(settings.data)
    settings = load_or_make(settings)
    engine = make_engine(settings.database)
    try:
        await upgrade(engine)
    finally:
        await engine.dispose()
    async with open_context(settings, watches=False) as ctx:
        return await work(ctx)


def _password() -> str:
    """Asked for twice on a terminal, else the first line of the standard input; never an argument."""
    if sys.stdin.isatty():
        given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")


def _limits(given: list[str] | None) -> Mapping[str, Money]:
    found = {}
    for wish in given or ():
        match = re.fullmatch(r"([A-Z]{3})=(\d{1,12}(?:\.\d{1,3})?)", wish)
        if match is None or -int(Decimal(match[2]).as_tuple().exponent) > minor_digits(match[1]):
            raise _refused(f"'{wish}' is no limit; write for instance CNY=2000")
        found[match[1]] = Money.parse(match[2], match[1])
    return found


def _language(given: str) -> Language:
    for language in LANGUAGES:
        if given == language:
            return language
    raise _refused("the language is zh or en")


def _line(account: Account) -> str:
    limits = " ".join(f"{currency}={limit.decimal()}" for currency, limit in sorted(account.limits.items()))
    notes = [] if account.active else ["disabled"]
    notes += ["code"] if account.totp_secret else []
    words = (account.name, account.role.value, account.display_name, limits, *notes)
    return "  ".join(word for word in words if word)


def _refused(reason: str) -> typer.Exit:
    typer.echo(reason, err=True)
    return typer.Exit(1)
