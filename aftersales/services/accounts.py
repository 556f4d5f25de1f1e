"""Making accounts for the people at the desk, and changing what they may; each step in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aftersales.domain.accounts import Account, Role, clean_display_name, is_account_name
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.money import Money
from aftersales.domain.texts import Language
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.moves import By
from aftersales.services.passwords import check_password, hash_password
from aftersales.services.second_factor import enrolment_uri, new_secret

OWNER = "owner"
_INSTALLER = By("system", "start")


async def provide_owner(ctx: Context, *, password: str) -> None:
    """Makes the first account, an administrator called `owner`, where there is no account at all.

    Harmless when several processes do so at once. Nothing is made without a password.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        if await uow.accounts.any() or not password:
            return
    account = await new_account(ctx, name=OWNER, role=Role.ADMIN, password=password)
    async with ctx.unit_of_work() as uow:
        if not await uow.accounts.any() and await uow.accounts.add(account):
            await note_account(ctx, uow, account, "add", by=_INSTALLER)


async def add_account(
    ctx: Context,
    *,
    name: str,
    role: Role,
    password: str,
    by: By,
    display_name: str = "",
    language: Language = "zh",
    limits: Mapping[str, Money] | None = None,
) -> Account:
    """Raises Invalid (name, display_name, password_…), and Conflict for a name that was ever given."""
    check_password(password)
    if not is_account_name(name):
        raise Invalid("name")
    shown = clean_display_name(display_name or name)
    account = await new_account(ctx, name=name, role=role, password=password)
    account = replace(account, display_name=shown, language=language, limits=dict(limits or {}))
    async with ctx.unit_of_work() as uow:
        if not await uow.accounts.add(account):
            raise Conflict("name")
        await note_account(ctx, uow, account, "add", by=by)
    return account


async def all_accounts(ctx: Context) -> Sequence[Account]:
    """By name, the disabled ones too."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.accounts.all()


async def disable_account(ctx: Context, *, name: str, by: By) -> Account:
    """Whoever has it is signed out at once. Harmless when it is disabled. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        await uow.agent_sessions.remove_of(account.id)
        return await _change(ctx, uow, account, "disable", by=by, active=False)


async def enable_account(ctx: Context, *, name: str, by: By) -> Account:
    """Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        return await _change(ctx, uow, await find_locked(uow, name), "enable", by=by, active=True)


async def change_account(
    ctx: Context, *, name: str, by: By, role: Role | None = None, limits: Mapping[str, Money] | None = None
) -> Account:
    """Another role, or other limits of its own (none: those of the role). Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        given = dict(account.limits if limits is None else limits)
        return await _change(ctx, uow, account, "change", by=by, role=role or account.role, limits=given)


async def rename_account(ctx: Context, *, name: str, display_name: str, by: By) -> Account:
    """Another name for customers and colleagues to read; what was written before keeps the old one.

    `name`, with which the person signs in, never changes. Raises NotFound, Invalid("display_name").
    """
    shown = clean_display_name(display_name)
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        if account.display_name == shown:
            return account
        return await _change(ctx, uow, account, "rename", by=by, display_name=shown)


async def set_password(ctx: Context, *, name: str, password: str, by: By) -> None:
    """Whoever is signed in with the old one is signed out. Raises NotFound, Invalid (password_…)."""
    password_hash = await hash_password(check_password(password))
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        await uow.agent_sessions.remove_of(account.id)
        await _change(ctx, uow, account, "set_password", by=by, password_hash=password_hash)


async def set_second_factor(ctx: Context, *, name: str, key: bytes, by: By) -> str:
    """From now on the account needs codes of an authenticator app, which takes the URI that is returned.

    Codes of an app that was set up before work no longer. `key` encrypts the secret. Raises NotFound.
    """
    secret = new_secret(key=key)
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        await _change(ctx, uow, account, "set_second_factor", by=by, totp_secret=secret, totp_step=0)
    return enrolment_uri(secret, name=name, key=key)


async def remove_second_factor(ctx: Context, *, name: str, by: By) -> None:
    """For somebody who has lost their device. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        await _change(ctx, uow, account, "remove_second_factor", by=by, totp_secret=None, totp_step=0)


async def new_account(ctx: Context, *, name: str, role: Role, password: str) -> Account:
    """One that is not stored yet; the password is not checked."""
    now = ctx.clock.now()
    return Account(
        id=new_id(),
        name=name,
        display_name=name,
        language="zh",
        role=role,
        password_hash=await hash_password(password),
        created_at=now,
        updated_at=now,
    )


async def find_locked(uow: UnitOfWork, name: str) -> Account:
    """Raises NotFound."""
    found = await uow.accounts.by_name(name)
    if found is None:
        raise NotFound("account")
    return await uow.accounts.lock(found.id)


async def _change(
    ctx: Context, uow: UnitOfWork, account: Account, trigger: str, *, by: By, **changes: Any
) -> Account:
    """The caller holds the account's lock."""
    changed = replace(account, updated_at=ctx.clock.now(), **changes)
    await uow.accounts.save(changed)
    await note_account(ctx, uow, changed, trigger, by=by, before=account)
    return changed


async def note_account(
    ctx: Context, uow: UnitOfWork, account: Account, trigger: str, *, by: By, before: Account | None = None
) -> None:
    """Journals a step in the life of an account, in the caller's transaction."""
    limits = {currency: limit.decimal() for currency, limit in account.limits.items()}
    entry = Entry(
        subject="account",
        subject_id=account.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=_state(before) if before else None,
        to_state=_state(account),
        at=ctx.clock.now(),
        detail={
            "name": account.name,
            "display_name": account.display_name,
            "role": account.role.value,
            "limits": limits,
        },
    )
    await uow.journal.add(entry)


def _state(account: Account) -> str:
    return "active" if account.active else "disabled"
