"""Signing in through an identity provider: whose account it is, and inviting people to it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from aftersales.domain.accounts import Account, Role, clean_display_name, is_account_name
from aftersales.domain.errors import Conflict, Forbidden, Invalid
from aftersales.domain.identities import Identity, IdentityLink, role_of
from aftersales.domain.ids import new_id
from aftersales.domain.texts import Language
from aftersales.ports import UnitOfWork
from aftersales.services.accounts import find_locked, new_account, note_account
from aftersales.services.context import Context
from aftersales.services.moves import By
from aftersales.services.sign_in import CHANNEL, SignedIn, note_sign_in, open_agent_session

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2


async def sign_in_with(
    ctx: Context, identity: Identity, *, roles: Mapping[str, Role], language: Language
) -> SignedIn:
    """Opens a session for the account of this identity, as sign_in does.

    That is the account it was linked to, else one to which an invitation for its verified e-mail leads, else,
    where `roles` (group -> role) names one of its groups, an account that is made for it. Raises
    Forbidden("no_account") for everybody else, and for a disabled account; both stand in the journal.
    """
    spare = await new_account(ctx, name=new_id(), role=Role.AGENT, password=secrets.token_urlsafe(48))
    async with ctx.unit_of_work() as uow:
        account = await _account_of(ctx, uow, identity, roles, replace(spare, language=language))
        detail = {"issuer": identity.issuer}
        if account is not None and account.active:
            return await open_agent_session(ctx, uow, account, detail=detail)
        await note_sign_in(ctx, uow, account, trigger="sign_in_failed", state="refused", detail=detail)
    raise Forbidden("no_account")


async def invite(ctx: Context, *, name: str, issuer: str, by: By, subject: str = "", email: str = "") -> None:
    """The account is opened by this subject, or by the first who proves this e-mail at the issuer.

    Raises NotFound, Invalid (subject, email), Conflict for a subject that has an account.
    """
    if bool(subject) == bool(email) or len(subject) > _LONGEST_SUBJECT:
        raise Invalid("subject")
    if email and not _EMAIL.fullmatch(email):
        raise Invalid("email")
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        link = _link(ctx, account, issuer=issuer, subject=subject or None, email=email.casefold())
        if not await uow.identities.add(link):
            raise Conflict("subject")
        await note_account(ctx, uow, account, "invite", by=by)


async def unlink(ctx: Context, *, name: str, by: By) -> int:
    """No identity opens the account any more, and whoever is signed in is out. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        account = await find_locked(uow, name)
        count = await uow.identities.remove_of(account.id)
        await uow.agent_sessions.remove_of(account.id)
        await note_account(ctx, uow, account, "unlink", by=by)
        return count


async def _account_of(
    ctx: Context, uow: UnitOfWork, identity: Identity, roles: Mapping[str, Role], spare: Account
) -> Account | None:
    role = role_of(identity.groups, roles)
    link = await uow.identities.of(identity.issuer, identity.subject)
    if link is None and identity.email:
        link = await uow.identities.invitation(identity.issuer, identity.email.casefold())
        if link is not None:
            await uow.identities.accept(link, identity.subject)
            account = await uow.accounts.lock(link.account_id)
            await note_account(ctx, uow, account, "link", by=By(account.actor, CHANNEL))
    if link is None:
        return None if role is None else await _made(ctx, uow, identity, replace(spare, role=role))
    account = await uow.accounts.lock(link.account_id)
    if not link.by_groups or account.role is role:
        return account
    return None if role is None else await _with_role(ctx, uow, account, role)


async def _with_role(ctx: Context, uow: UnitOfWork, account: Account, role: Role) -> Account:
    changed = replace(account, role=role, updated_at=ctx.clock.now())
    await uow.accounts.save(changed)
    await note_account(ctx, uow, changed, "change", by=_PROVIDER, before=account)
    return changed


async def _made(ctx: Context, uow: UnitOfWork, identity: Identity, spare: Account) -> Account:
    """An account for somebody whose group gives a role; nobody knows its password."""
    account = replace(spare, display_name=_shown(identity))
    for name in _names(identity):
        if await uow.accounts.add(named := replace(account, name=name)):
            await note_account(ctx, uow, named, "add", by=_PROVIDER)
            link = _link(ctx, named, issuer=identity.issuer, subject=identity.subject, by_groups=True)
            if not await uow.identities.add(link):
                raise Conflict("subject")  # the same person at the same moment in another browser
            return named
    raise Conflict("name")


_PROVIDER = By("system", "oidc")


def _names(identity: Identity) -> list[str]:
    """What the account may be called: names that somebody has or had are never given twice."""
    wished = (identity.username or identity.email).partition("@")[0].lower()
    plain = re.sub(r"[^a-z0-9._-]", "", wished)[:24]
    base = plain if is_account_name(plain) else "agent"
    return [*([base] if base == plain else []), *(f"{base}-{secrets.token_hex(3)}" for _ in range(3))]


def _shown(identity: Identity) -> str:
    for name in (identity.name, identity.username):
        with suppress(Invalid):
            return clean_display_name(name)
    return "Agent"


def _link(
    ctx: Context, account: Account, *, issuer: str, subject: str | None, email: str = "", by_groups: bool = False
) -> IdentityLink:
    return IdentityLink(
        id=new_id(),
        account_id=account.id,
        issuer=issuer,
        subject=subject,
        email=email,
        by_groups=by_groups,
        created_at=ctx.clock.now(),
    )
