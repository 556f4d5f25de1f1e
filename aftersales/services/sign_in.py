"""Signing in at the desk, staying signed in, signing out; every try stands in the journal.

How often somebody may try is the caller's business.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from aftersales.domain.accounts import Account, AgentSession
from aftersales.domain.errors import Forbidden, NotFound
from aftersales.domain.journal import Entry
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.passwords import matches
from aftersales.services.second_factor import used_step

LIFETIME = timedelta(hours=8)
IDLE = timedelta(hours=1)
_FRESH = timedelta(minutes=1)  # a session that was seen so lately is not written anew
_LONGEST_TOKEN = 200
CHANNEL = "desk"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` opens the session; it is not stored and cannot be told again."""

    token: str
    account: Account


async def sign_in(ctx: Context, *, name: str, password: str, code: str, key: bytes) -> SignedIn:
    """Opens a session of eight hours, or of one hour without a click.

    `code` is of the account's authenticator app, if it has one; `key` its secret's. Raises Forbidden("sign_in")
    alike, after the same time, for an unknown name, a disabled account, a wrong password and a wrong code.
    """
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.accounts.by_name(name.strip().lower())
    is_right = await matches(password, found.password_hash if found else None)
    async with ctx.unit_of_work() as uow:
        signed_in = await _open(ctx, uow, found, is_right=is_right, code=code, key=key)
        if signed_in is None:
            await note_sign_in(ctx, uow, found, trigger="sign_in_failed", state="refused")
    if signed_in is None:
        raise Forbidden("sign_in")
    return signed_in


async def resume(ctx: Context, *, token: str, is_click: bool = True) -> Account:
    """Whose session it is. Raises NotFound when it is unknown, ended or revoked, and for a disabled account.

    Only what a person does (`is_click`) keeps it open; a page that looks by itself does not.
    """
    token_hash, now = _hash(token), ctx.clock.now()
    async with ctx.unit_of_work(read_only=True) as uow:
        session = await uow.agent_sessions.get(token_hash)
        if session is None:
            raise NotFound("session")
        if session.expires_at <= now or session.seen_at + IDLE <= now:
            raise NotFound("session")
        account = await uow.accounts.get(session.account_id)
        if not account.active:
            raise NotFound("session")
    if is_click and session.seen_at + _FRESH <= now:
        async with ctx.unit_of_work() as uow:
            await uow.agent_sessions.touch(token_hash, seen_at=now)
    return account


async def sign_out(ctx: Context, *, token: str) -> None:
    """Ends this session. Harmless for an unknown token."""
    token_hash = _hash(token)
    async with ctx.unit_of_work() as uow:
        session = await uow.agent_sessions.get(token_hash)
        if session is None:
            return
        await uow.agent_sessions.remove(token_hash)
        account = await uow.accounts.get(session.account_id)
        await note_sign_in(ctx, uow, account, trigger="sign_out", state="signed_out")


async def sign_out_everywhere(ctx: Context, account: Account) -> int:
    """Ends all sessions of the account; how many there were."""
    async with ctx.unit_of_work() as uow:
        count = await uow.agent_sessions.remove_of(account.id)
        await note_sign_in(ctx, uow, account, trigger="sign_out_everywhere", state="signed_out")
        return count


async def forget_ended_sessions(ctx: Context) -> None:
    """For the worker, now and then."""
    now = ctx.clock.now()
    async with ctx.unit_of_work() as uow:
        await uow.agent_sessions.forget_ended(now=now, idle_since=now - IDLE)


async def _open(
    ctx: Context, uow: UnitOfWork, found: Account | None, *, is_right: bool, code: str, key: bytes
) -> SignedIn | None:
    if found is None or not is_right:
        return None
    account = await uow.accounts.lock(found.id)  # a code works once, also for two who use it at the same time
    if not account.active or account.password_hash != found.password_hash:
        return None
    now = ctx.clock.now()
    if account.totp_secret is not None:
        step = used_step(account.totp_secret, code, key=key, now=now, after=account.totp_step)
        if step is None:
            return None
        account = replace(account, totp_step=step, updated_at=now)
        await uow.accounts.save(account)
    return await open_agent_session(ctx, uow, account)


async def open_agent_session(
    ctx: Context, uow: UnitOfWork, account: Account, *, detail: Mapping[str, str] | None = None
) -> SignedIn:
    """For somebody who has proven to be this account, in the caller's transaction."""
    now, token = ctx.clock.now(), secrets.token_urlsafe(32)
    session = AgentSession(
        token_hash=_hash(token), account_id=account.id, created_at=now, seen_at=now, expires_at=now + LIFETIME
    )
    await uow.agent_sessions.add(session)
    await note_sign_in(ctx, uow, account, trigger="sign_in", state="signed_in", detail=detail)
    return SignedIn(token, account)


async def note_sign_in(
    ctx: Context,
    uow: UnitOfWork,
    account: Account | None,
    *,
    trigger: str,
    state: str,
    detail: Mapping[str, str] | None = None,
) -> None:
    """A name that nobody has is not kept: it may be a password in the wrong field."""
    entry = Entry(
        subject="account",
        subject_id=account.id if account else "unknown",
        actor=account.actor if account else "guest",
        channel=CHANNEL,
        trigger=trigger,
        from_state=None,
        to_state=state,
        at=ctx.clock.now(),
        detail=dict(detail or {}),
    )
    await uow.journal.add(entry)


def _hash(token: str) -> str:
    """SHA-256 is enough: the tokens are random, so there is nothing to guess."""
    return hashlib.sha256(token[:_LONGEST_TOKEN].encode("utf8", "replace")).hexdigest()
