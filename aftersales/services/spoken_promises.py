"""What agents promise in typed words: noted with the message, and put right by the agent who typed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aftersales.domain.accounts import Account, Right
from aftersales.domain.conversations import Conversation
from aftersales.domain.errors import Conflict, Forbidden, Invalid
from aftersales.domain.ids import new_id
from aftersales.domain.promises import Promise, PromiseKind, Subject, end_of, times_by_words
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnState
from aftersales.domain.spoken_promises import Spoken, find_promises
from aftersales.domain.spoken_times import FARTHEST
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.promises import promise_entry

_SETTLING = timedelta(minutes=10)
_LIVE_RETURNS = frozenset(ReturnState) - {ReturnState.CLOSED, ReturnState.CANCELLED, ReturnState.REJECTED}
_MOST_RETURNS = 50


async def note_agents_words(
    ctx: Context, uow: UnitOfWork, talk: Conversation, *, text: str, actor: str, number: str = ""
) -> None:
    """Keeps the answers that were promised in the talk, and notes what its newest message promises.

    In the transaction that adds the message. `number` is that of the case to which the words belong.
    """
    now, language = ctx.clock.now(), talk.language
    earlier = await _keep_answers(uow, talk.id, actor=actor, at=now)
    said = find_promises(
        text, now=now.astimezone(ctx.zone), works=lambda day: ctx.hours.is_working_day(day, language)
    )
    returns = await _live_returns(uow, talk.customer_id) if said else []
    for index, spoken in enumerate(said):
        promise = _promise(
            ctx, talk, spoken, returns, key=f"said:{talk.id}:{talk.last_seq}:{index}", number=number
        )
        promise = replace(promise, told_by=actor)
        if not any(_is_same(promise, other) for other in earlier) and await uow.promises.add(promise):
            await _journal(uow, promise, "promise", actor=actor, before=None, at=now)


async def keep_promise(ctx: Context, account: Account, *, promise_id: str) -> None:
    """Done, as the agent says. Raises NotFound, Forbidden for another's words, Conflict when it is settled."""
    async with ctx.unit_of_work() as uow:
        promise, now = await _access(uow, account, promise_id), ctx.clock.now()
        await _change(uow, replace(promise, kept_at=now), "keep", actor=account.actor, at=now)


async def take_back_promise(ctx: Context, account: Account, *, promise_id: str) -> None:
    """The words were no promise. Raises as keep_promise, and Conflict once the customer was told or it is late."""
    async with ctx.unit_of_work() as uow:
        promise, now = await _access(uow, account, promise_id), ctx.clock.now()
        _check_untold(promise, now)
        await _change(uow, replace(promise, released_at=now), "take_back", actor=account.actor, at=now)


async def retime_promise(ctx: Context, account: Account, *, promise_id: str, due_at: datetime) -> None:
    """Another time was meant. Raises as take_back_promise, Invalid("due") for one over or 90 days ahead."""
    async with ctx.unit_of_work() as uow:
        promise, now = await _access(uow, account, promise_id), ctx.clock.now()
        _check_untold(promise, now)
        if not now < due_at <= now + FARTHEST:
            raise Invalid("due")
        warn_from, times = times_by_words(promise.told_at, due_at, ctx.hours, promise.language)
        changed = replace(
            promise, due_at=times.due_at, late_from=times.late_from, warn_from=warn_from, warned_at=None
        )
        before = {"due_before": promise.due_at.isoformat()}
        await _change(uow, changed, "retime", actor=account.actor, at=now, **before)


async def _access(uow: UnitOfWork, account: Account, promise_id: str) -> Promise:
    """Locked. Whoever may take talks over may see to the words of others too."""
    promise = await uow.promises.lock(promise_id)
    now_account = await uow.accounts.get(account.id)
    now_account.check(Right.ANSWER_CASES)
    if promise.told_by != now_account.actor and not now_account.may(Right.TAKE_OVER):
        raise Forbidden("promise")
    if not promise.is_open or not promise.is_spoken:
        raise Conflict("promise")
    return promise


def _check_untold(promise: Promise, now: datetime) -> None:
    """What is late, or what the customer knows of, is not made undone."""
    if promise.late_told_at is not None or promise.due_at <= now:
        raise Conflict("promise")


def _promise(
    ctx: Context, talk: Conversation, spoken: Spoken, returns: Sequence[Return], *, key: str, number: str
) -> Promise:
    """Told by nobody yet. An amount without a time is due within the days of the policy for refunds."""
    now = ctx.clock.now()
    due_at = spoken.due_at or end_of(ctx.today() + timedelta(days=ctx.policy.refund.days), ctx.zone)
    warn_from, times = times_by_words(now, due_at, ctx.hours, talk.language)
    about = _about(spoken, returns)
    return Promise(
        id=new_id(),
        key=key,
        kind=spoken.kind,
        subject=Subject.RETURN if about else Subject.CONVERSATION,
        subject_id=about.id if about else talk.id,
        number=about.number if about else number,
        conversation_id=talk.id,
        customer_id=talk.customer_id,
        language=talk.language,
        told_by="",
        told_at=now,
        late_from=times.late_from,
        due_at=times.due_at,
        amount=about.amount if about and spoken.kind is PromiseKind.REFUND_BY else spoken.amount,
        seq=talk.last_seq,
        warn_from=warn_from,
    )


def _about(spoken: Spoken, returns: Sequence[Return]) -> Return | None:
    """The only return of the customer that the words can be about."""
    if spoken.kind is PromiseKind.SHIP_BY:
        found = [item for item in returns if item.remedy is Remedy.EXCHANGE]
    elif spoken.kind is PromiseKind.REFUND_BY:
        found = [item for item in returns if item.amount and spoken.amount in (None, item.amount)]
    else:
        found = []
    return found[0] if len(found) == 1 else None


async def _live_returns(uow: UnitOfWork, customer_id: str | None) -> list[Return]:
    if customer_id is None:
        return []
    found = await uow.returns.of_customer(customer_id, limit=_MOST_RETURNS)
    return [item for item in found if item.state in _LIVE_RETURNS]


async def _keep_answers(uow: UnitOfWork, conversation_id: str, *, actor: str, at: datetime) -> Sequence[Promise]:
    """Gives what is open still.

    Words right after a promise belong to it: those within a tenth of its time, ten minutes at most.
    """
    still: list[Promise] = []
    for seen in await uow.promises.spoken_in(conversation_id):
        if not seen.is_open:
            continue
        promise = await uow.promises.lock(seen.id)
        pause = min(_SETTLING, (promise.due_at - promise.told_at) / 10)
        if promise.is_open and promise.kind is PromiseKind.CASE_ANSWER and at - promise.told_at > pause:
            await _change(uow, replace(promise, kept_at=at), "keep", actor=actor, at=at)
        elif promise.is_open:
            still.append(promise)
    return still


def _is_same(promise: Promise, other: Promise) -> bool:
    """The same said twice is one promise."""
    return (promise.kind, promise.due_at, promise.amount) == (other.kind, other.due_at, other.amount)


async def _change(
    uow: UnitOfWork, promise: Promise, trigger: str, *, actor: str, at: datetime, **detail: str
) -> None:
    await uow.promises.save(promise)
    await _journal(uow, promise, trigger, actor=actor, before="open", at=at, **detail)


async def _journal(
    uow: UnitOfWork,
    promise: Promise,
    trigger: str,
    *,
    actor: str,
    before: str | None,
    at: datetime,
    **detail: str,
) -> None:
    entry = promise_entry(
        promise, trigger=trigger, before=before, at=at, actor=actor, channel="desk", detail=detail
    )
    await uow.journal.add(entry)
