"""Keys for programs: made by whoever manages accounts, shown once, revoked at once; each step in the journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aftersales.domain.accounts import Account, Right
from aftersales.domain.api_keys import ApiKey, Scope, hash_secret, new_key, parse_key, proves, written
from aftersales.domain.errors import Conflict, Invalid
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import clean_text
from aftersales.services.moves import By

LONGEST_NAME = 80
MOST = 200
_USE_IS_NOTED_EVERY = timedelta(hours=1)


async def add_api_key(
    ctx: Context, *, name: str, scopes: Collection[Scope], by: By, expires_at: datetime | None = None
) -> tuple[str, ApiKey]:
    """The key as the program shows it, which cannot be told again, and what is kept of it.

    Raises Invalid (name, scopes, expires_at), and Conflict where there are 200 valid ones already.
    """
    now, named = ctx.clock.now(), clean_text(name)
    if not named or len(named) > LONGEST_NAME or "\n" in named:
        raise Invalid("name")
    if not scopes:
        raise Invalid("scopes")
    if expires_at is not None and expires_at <= now:
        raise Invalid("expires_at")
    async with ctx.unit_of_work() as uow:
        if sum(key.is_valid(now) for key in await uow.api_keys.all()) >= MOST:
            raise Conflict("too_many")
        presented = new_key()
        key = ApiKey(
            id=new_id(),
            name=named,
            prefix=presented.prefix,
            hash=hash_secret(presented.secret),
            scopes=frozenset(scopes),
            created_by=by.actor,
            created_at=now,
            expires_at=expires_at,
        )
        if not await uow.api_keys.add(key):
            raise Conflict("prefix")
        await _note(uow, key, "add", by=by, at=now)
    return written(presented), key


async def add_api_key_by(
    ctx: Context, account: Account, *, name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[str, ApiKey]:
    """As add_api_key, by a person at the desk. Raises also Forbidden."""
    by = await _manager(ctx, account)
    return await add_api_key(ctx, name=name, scopes=scopes, by=by, expires_at=expires_at)


async def all_api_keys(ctx: Context) -> Sequence[ApiKey]:
    """Oldest first, the revoked and the expired ones too."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.api_keys.all()


async def revoke_api_key(ctx: Context, *, prefix: str, by: By) -> ApiKey:
    """It opens nothing any more. Harmless when it is revoked already. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        key = await uow.api_keys.lock(prefix)
        if key.revoked_at is not None:
            return key
        now = ctx.clock.now()
        await uow.api_keys.revoke(key.id, at=now)
        revoked = replace(key, revoked_at=now)
        await _note(uow, revoked, "revoke", by=by, at=now)
        return revoked


async def revoke_api_key_by(ctx: Context, account: Account, *, prefix: str) -> ApiKey:
    """As revoke_api_key, by a person at the desk. Raises also Forbidden."""
    return await revoke_api_key(ctx, prefix=prefix, by=await _manager(ctx, account))


async def find_api_key(ctx: Context, *, given: str) -> ApiKey | None:
    """The valid key that a program shows; None for all others, whatever is wrong with them."""
    presented = parse_key(given)
    if presented is None:
        return None
    now = ctx.clock.now()
    async with ctx.unit_of_work(read_only=True) as uow:
        key = await uow.api_keys.by_prefix(presented.prefix)
    if not proves(presented, key) or key is None or not key.is_valid(now):
        return None
    stale = now - _USE_IS_NOTED_EVERY
    if key.last_used_at is None or key.last_used_at <= stale:
        async with ctx.unit_of_work() as uow:
            await uow.api_keys.note_use(key.id, at=now, unless_after=stale)
    return key


async def _manager(ctx: Context, account: Account) -> By:
    """The account as it is now. Raises Forbidden."""
    async with ctx.unit_of_work(read_only=True) as uow:
        current = await uow.accounts.get(account.id)
    current.check(Right.MANAGE_ACCOUNTS)
    return By(current.actor, "desk")


async def _note(uow: UnitOfWork, key: ApiKey, trigger: str, *, by: By, at: datetime) -> None:
    entry = Entry(
        subject="api_key",
        subject_id=key.id,
        actor=by.actor,
        channel=by.channel,
        trigger=trigger,
        from_state=None if trigger == "add" else "valid",
        to_state="valid" if key.revoked_at is None else "revoked",
        at=at,
        detail={"name": key.name, "prefix": key.prefix, "scopes": sorted(key.scopes)},
    )
    await uow.journal.add(entry)
