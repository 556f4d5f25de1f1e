"""Seats: what an agent can take, and whether they do just now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from aftersales.domain.accounts import Account, Right
from aftersales.domain.errors import Invalid, NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.seats import MOST_CHATS, Seat
from aftersales.domain.texts import LANGUAGES, Language
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.handoff_access import fresh

USUAL_CAPACITY = 4
# What a seat can be limited to; the names of the bot's matters.
TOPICS = (
    *("returns", "withdrawal", "orders", "price", "status"),
    *("complaints", "parcel", "payment", "feedback", "follow"),
)


async def seat_of(ctx: Context, account: Account) -> Seat:
    """The seat as it stands; a shut one that takes everything in every language where none was ever set up."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.seats.get(account.id) or unset_seat(ctx, account)


async def sit_down(ctx: Context, account: Account, *, open: bool) -> Seat:
    """Begins or stops taking new chats; the chats at hand stay. A change is noted. Raises Forbidden."""
    async with ctx.unit_of_work() as uow:
        account = await fresh(uow, account.id)
        known = await uow.seats.get(account.id) or unset_seat(ctx, account)
        seat = replace(known, open=open, seen_at=ctx.clock.now())
        await uow.seats.save(seat)
        if known.open != open:
            await _note(ctx, uow, account, "open" if open else "shut", known, seat, actor=account.actor)
        return seat


async def set_up_seat(
    ctx: Context,
    account: Account,
    *,
    capacity: int,
    languages: Collection[Language],
    topics: Collection[str] = (),
    departments: Collection[str] = (),
    vip: bool = False,
    actor: str | None = None,
) -> Seat:
    """What the seat of this account takes from now on; a change is noted as the `actor`'s, or the account's own.

    Raises Invalid (capacity 1 to 20, languages).
    """
    if not 1 <= capacity <= MOST_CHATS:
        raise Invalid("capacity")
    if not languages or set(languages) - set(LANGUAGES):
        raise Invalid("languages")
    async with ctx.unit_of_work() as uow:
        known = await uow.seats.get(account.id) or unset_seat(ctx, account)
        seat = replace(
            known,
            capacity=capacity,
            languages=frozenset(languages),
            topics=frozenset(topics),
            departments=frozenset(departments),
            vip=vip,
        )
        await uow.seats.save(seat)
        if seat != known:
            await _note(ctx, uow, account, "set_up", known, seat, actor=actor or account.actor)
        return seat


async def set_up_seat_of(
    ctx: Context,
    manager: Account,
    *,
    name: str,
    capacity: int,
    languages: Collection[Language],
    topics: Collection[str] = (),
    departments: Collection[str] = (),
    vip: bool = False,
) -> Seat:
    """As set_up_seat, by somebody who manages the desk, for the account of this name.

    Raises Forbidden, NotFound, Invalid (capacity, languages, topics, departments).
    """
    if set(topics) - set(TOPICS):
        raise Invalid("topics")
    if set(departments) - set(ctx.policy.cases.departments):
        raise Invalid("departments")
    async with ctx.unit_of_work(read_only=True) as uow:
        (await uow.accounts.get(manager.id)).check(Right.MANAGE_DESK)
        account = await uow.accounts.by_name(name)
    if account is None:
        raise NotFound("account")
    return await set_up_seat(
        ctx,
        account,
        capacity=capacity,
        languages=languages,
        topics=topics,
        departments=departments,
        vip=vip,
        actor=manager.actor,
    )


async def seats_of_all(ctx: Context) -> Sequence[tuple[Account, Seat]]:
    """Everybody who may chat, by name, with their seats."""
    async with ctx.unit_of_work(read_only=True) as uow:
        seats = {seat.account_id: seat for seat in await uow.seats.all()}
        accounts = [one for one in await uow.accounts.all() if one.may(Right.ANSWER_CASES)]
    return [(account, seats.get(account.id) or unset_seat(ctx, account)) for account in accounts]


async def seen(ctx: Context, account: Account) -> None:
    """The agent's desk is open; cheap, for every few seconds.

    Whoever never sat down gets a shut seat: what they take themselves stays with them while they are seen.
    """
    async with ctx.unit_of_work() as uow:
        if await uow.seats.get(account.id) is None:
            await uow.seats.save(unset_seat(ctx, account))
        await uow.seats.touch(account.id, seen_at=ctx.clock.now())


def unset_seat(ctx: Context, account: Account) -> Seat:
    """What an account has that never sat down: nothing new comes to it."""
    return Seat(
        account_id=account.id,
        open=False,
        capacity=USUAL_CAPACITY,
        languages=frozenset(LANGUAGES),
        seen_at=ctx.clock.now(),
    )


async def _note(
    ctx: Context, uow: UnitOfWork, account: Account, trigger: str, before: Seat, after: Seat, *, actor: str
) -> None:
    entry = Entry(
        subject="seat",
        subject_id=account.id,
        actor=actor,
        channel="desk",
        trigger=trigger,
        from_state=_state(before),
        to_state=_state(after),
        at=ctx.clock.now(),
        detail={
            "name": account.name,
            "capacity": after.capacity,
            "languages": sorted(after.languages),
            "topics": sorted(after.topics),
            "departments": sorted(after.departments),
            "vip": after.vip,
        },
    )
    await uow.journal.add(entry)


def _state(seat: Seat) -> str:
    return "open" if seat.open else "shut"
