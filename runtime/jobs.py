"""What the worker does: which jobs, how often, and what becomes of each kind of outbox item."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from aftersales.domain.bounces import BounceKind
from aftersales.domain.errors import NotFound, ProviderRejected
from aftersales.domain.money import Money
from aftersales.domain.texts import Language
from aftersales.ports import Bot, Channel, Notifier, OutboxItem
from aftersales.services.answering import answer_orphans
from aftersales.services.arrivals import see_to_it
from aftersales.services.batches import for_each
from aftersales.services.bounces import note_bounce
from aftersales.services.case_clocks import watch_clocks
from aftersales.services.changes_at_shop import continue_changes
from aftersales.services.channel_inbox import forget_done_pushes
from aftersales.services.channel_sending import Outlet
from aftersales.services.channel_talks import carry_channels
from aftersales.services.context import Context
from aftersales.services.conversations import tell
from aftersales.services.exchanges import continue_payments
from aftersales.services.external_refunds import look_for_external
from aftersales.services.handoff_upkeep import assign_waiting, relieve_waiting, requeue_dropped
from aftersales.services.linking import forget_link_codes
from aftersales.services.outside_talks import carry_due
from aftersales.services.parcels import report_parcel
from aftersales.services.promise_watch import watch_promises
from aftersales.services.quiet_hours import NotYet, wait_for_day
from aftersales.services.reaching import Ways, reach
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.return_confirmation import release_at_shop
from aftersales.services.returns import continue_received, continue_requested
from aftersales.services.sealing import seal_due
from aftersales.services.sessions import forget_expired_sessions
from aftersales.services.sign_in import forget_ended_sessions
from aftersales.services.verification import forget_expired_codes
from runtime import formats
from runtime.mails import MailWriter, as_wanted

Handler = Callable[[OutboxItem], Awaitable[None]]

_LEASE_SECONDS = 60
_AT_ONCE = 20
_MAIL = "mail"
_LONGEST_PAUSE = timedelta(hours=1)

log = structlog.get_logger("returndesk.worker")


@dataclass(frozen=True, slots=True)
class Job:
    """`every` is the pause in seconds between the end of one run and the start of the next."""

    name: str
    every: float
    run: Callable[[], Awaitable[object]]


def make_jobs(
    ctx: Context,
    handlers: Mapping[str, Handler],
    bot: Bot,
    *,
    forget_mails: Callable[[], Awaitable[object]],
    audit_key: bytes,
    assigns: bool,
    attachments: Path,
    outlets: Mapping[str, Outlet],
    more: Sequence[Job] = (),
) -> list[Job]:
    """`assigns`: chats that wait are given to free seats, rather than left for agents to take.

    `attachments` is the folder of the customers' files; `outlets` are the messaging apps by name, and `more`
    jobs that are put together elsewhere.
    """
    assigning = [Job("assign_waiting", 1.0, lambda: assign_waiting(ctx))] if assigns else []
    carrying = [Job("carry_channels", 0.2, lambda: carry_channels(ctx, outlets, bot))] if outlets else []
    return [
        *assigning,
        *carrying,
        Job("outbox", 0.5, lambda: deliver_outbox(ctx, handlers, but=_MAIL)),
        Job("mails", 0.5, lambda: deliver_outbox(ctx, handlers, kind=_MAIL)),  # a slow server holds up no news
        Job("submit_refunds", 0.5, lambda: submit_due(ctx)),
        Job("reconcile_refunds", 1.0, lambda: reconcile_due(ctx)),
        Job("continue_requested", 5.0, lambda: continue_requested(ctx)),
        Job("continue_received", 5.0, lambda: continue_received(ctx)),
        Job("continue_changes", 5.0, lambda: continue_changes(ctx)),
        Job("continue_payments", 1.0, lambda: continue_payments(ctx)),
        Job("look_for_external_refunds", 300.0, lambda: look_for_external(ctx)),
        Job("watch_promises", 5.0, lambda: watch_promises(ctx)),
        Job("watch_clocks", 5.0, lambda: watch_clocks(ctx)),
        Job("seal_journal", 2.0, lambda: seal_due(ctx, key=audit_key)),
        Job("requeue_dropped", 5.0, lambda: requeue_dropped(ctx)),
        Job("carry_outside", 0.5, lambda: carry_due(ctx, folder=attachments)),
        Job("relieve_waiting", 5.0, lambda: relieve_waiting(ctx)),
        Job("answer_orphans", 2.0, lambda: answer_orphans(ctx, bot)),
        Job("forget_expired_sessions", 3600.0, lambda: forget_expired_sessions(ctx)),
        Job("forget_agent_sessions", 3600.0, lambda: forget_ended_sessions(ctx)),
        Job("forget_expired_codes", 3600.0, lambda: forget_expired_codes(ctx)),
        Job("forget_done_pushes", 3600.0, lambda: forget_done_pushes(ctx)),
        Job("forget_link_codes", 3600.0, lambda: forget_link_codes(ctx)),
        Job("forget_mails", 3600.0, forget_mails),
        *more,
    ]


def make_handlers(
    ctx: Context,
    notifier: Notifier,
    *,
    shop_name: str,
    channels: Mapping[str, Channel] | None = None,
    texts: bool = False,
) -> dict[str, Handler]:
    """One handler per kind of outbox item. Each is harmless when repeated with the same item."""
    ways = Ways(channels or {}, _in_words, texts)
    writer = MailWriter(ctx, shop_name=shop_name, fill=_in_words)

    async def tell_customer(item: OutboxItem) -> None:
        await _tell(ctx, item)

    async def send_mail(item: OutboxItem) -> None:
        await _mail(ctx, notifier, writer, item)

    async def release_return(item: OutboxItem) -> None:
        await release_at_shop(ctx, item.payload["return_id"])

    async def reach_customer(item: OutboxItem) -> None:
        await reach(ctx, ways, item.payload, key=item.key)

    async def watch_parcel(item: OutboxItem) -> None:
        await report_parcel(ctx, item.payload, key=item.key)

    return {
        "tell": tell_customer,
        _MAIL: send_mail,
        "reach": reach_customer,
        "release_return": release_return,
        "watch_parcel": watch_parcel,
    }


async def deliver_outbox(
    ctx: Context, handlers: Mapping[str, Handler], *, kind: str | None = None, but: str | None = None
) -> int:
    """Does what is due in the outbox, of one kind or of all but one; what fails is tried again, ever later.

    Returns how many items were tried. Raises the first exception of a handler after all had their turn; an item
    whose conversation or return is gone counts as done.
    """
    async with ctx.unit_of_work() as uow:
        items = await uow.outbox.claim(
            now=ctx.clock.now(), limit=_AT_ONCE, lease_seconds=_LEASE_SECONDS, kind=kind, but=but
        )
    return await for_each(items, lambda item: _deliver(ctx, handlers, item))


def pause_after(attempts: int) -> timedelta:
    """2 s after the first failure, twice as long after each, an hour at most."""
    return min(timedelta(seconds=2 ** min(attempts, 20)), _LONGEST_PAUSE)


async def _deliver(ctx: Context, handlers: Mapping[str, Handler], item: OutboxItem) -> None:
    try:
        await handlers[item.kind](item)
    except NotFound:
        pass  # whom or what it was about is gone
    except NotYet as later:
        async with ctx.unit_of_work() as uow:
            await uow.outbox.postpone(item.id, due_at=later.due_at)
        return
    except Exception:
        async with ctx.unit_of_work() as uow:
            await uow.outbox.postpone(item.id, due_at=ctx.clock.now() + pause_after(item.attempts))
        raise
    async with ctx.unit_of_work() as uow:
        await uow.outbox.done(item.id)


async def _tell(ctx: Context, item: OutboxItem) -> None:
    """Amounts are put into words here, in the language that the conversation has by now."""
    conversation_id = item.payload["conversation_id"]
    await wait_for_day(ctx, conversation_id=conversation_id)
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
    await tell(
        ctx,
        conversation_id=conversation_id,
        response=item.payload["response"],
        parameters=_in_words(item.payload["parameters"], conversation.language),
        cards=item.payload.get("cards", ()),
        key=item.key,
    )
    await see_to_it(ctx, item.payload, key=item.key)


async def _mail(ctx: Context, notifier: Notifier, writer: MailWriter, item: OutboxItem) -> None:
    """A mail that came too late to be of use or is not wanted any more is dropped, as is one that is refused.

    An address that was refused for good is noted, so that no other news is sent there.
    """
    expires_at = item.payload.get("expires_at")
    if expires_at is not None and datetime.fromisoformat(expires_at) <= ctx.clock.now():
        return
    payload = await as_wanted(ctx, item.payload)
    if payload is None:
        return
    mail = writer.write(payload)
    try:
        await notifier.send(mail, key=item.key)
    except ProviderRejected as error:
        log.warning("mail_refused", reason=error.detail)
        if error.detail == "recipient":
            await note_bounce(ctx, address=mail.to, kind=BounceKind.HARD, channel="smtp")


def _in_words(parameters: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """`amount` (major units) with its `currency` as people of the language write it; what is told in each language
    in the one that is spoken.
    """
    parameters = {
        name: value[language] if isinstance(value, Mapping) else value for name, value in parameters.items()
    }
    if "amount" not in parameters or "currency" not in parameters:
        return parameters
    money = Money.parse(parameters["amount"], parameters["currency"])
    return {**parameters, "amount": formats.money(money, language)}
