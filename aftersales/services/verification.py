"""Proof of who a guest is: a one-time code to the contact on record of an order.

Nothing here tells whether an order exists: with a wrong number or contact everything looks the same, except
that no code can be right.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

import phonenumbers

from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.orders import Order
from aftersales.ports import OneTimeCode, UnitOfWork
from aftersales.services.access import normal_number
from aftersales.services.context import Context
from aftersales.services.conversations import customer_actor
from aftersales.services.sessions import VERIFIED_LIFETIME

CODE_LIFETIME = timedelta(minutes=10)
COOL_DOWN = timedelta(minutes=10)
TRIES = 5
STARTS_PER_CONVERSATION = (3, timedelta(minutes=10))
STARTS_PER_CONTACT = (5, timedelta(hours=1))
_SENT, _COOL_DOWN = "sent", "cool_down"
_LONGEST_CONTACT = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets


class Verification(StrEnum):
    VERIFIED = "verified"
    WRONG = "wrong"
    EXPIRED = "expired"
    COOLING_DOWN = "cooling_down"


def normal_contact(contact: str) -> str:
    """An e-mail address in lower case or a phone number in E.164 (China unless it is international).

    Raises Invalid("contact") when it is neither.
    """
    folded = unicodedata.normalize("NFKC", contact).strip()
    if not folded or len(folded) > _LONGEST_CONTACT:
        raise Invalid("contact")
    if "@" in folded:
        name, _, host = folded.lower().rpartition("@")
        if not name or "." not in host or any(c.isspace() for c in folded):
            raise Invalid("contact")
        return f"{name}@{host}"
    return _normal_phone(folded)


async def start_verification(
    ctx: Context, *, conversation_id: str, number: str, contact: str, message_id: str
) -> None:
    """Sends a 6-digit code if the order exists and `contact` is the one on record; outwardly the same if not.

    The same `message_id` (of the customer's message) again sends and counts nothing and has the same outcome.
    The code holds for 10 minutes and 5 tries and replaces an earlier one. It travels in the outbox's payload
    (kind "mail": to, response, language, parameters, expires_at), which must be removed once it is sent.
    Raises Conflict("cool_down") after too many starts (3 in 10 minutes per conversation, 5 an hour per contact)
    or wrong tries, Invalid("contact"), NotFound for an unknown conversation, Unavailable (nothing is counted).
    """
    known_as = normal_contact(contact)
    async with ctx.unit_of_work(read_only=True) as uow:
        await uow.conversations.get(conversation_id)
        outcome = await uow.codes.outcome_of(conversation_id, message_id=message_id, step="start")
    if outcome is None:
        order = await _order_of(ctx, number=number, contact=known_as)
        # A stranger who knows only the contact must not use up the starts of whose contact it is.
        subject = known_as if order is not None else f"{known_as} {normal_number(number)}"
        async with ctx.unit_of_work() as uow:
            conversation = await uow.conversations.lock(conversation_id)
            outcome = await _start_once(
                ctx, uow, conversation, order=order, to=known_as, subject=subject, message_id=message_id
            )
    if outcome == _COOL_DOWN:
        raise Conflict(_COOL_DOWN)


async def confirm_code(ctx: Context, *, conversation_id: str, code: str, message_id: str) -> Verification:
    """Whether `code` is the pending one; if so the talk is the customer's, and its session ends in 24 hours.

    In a messaging app, where the app tells who writes, the customer stays known until they leave.

    The same `message_id` (of the customer's message) again compares and counts nothing and gives the same.
    Tries are counted under the conversation's lock, so that parallel guesses get no more than 5 comparisons. The
    fifth wrong try makes the code void for a cool-down of 10 minutes. Raises NotFound for an unknown conversation.
    """
    async with ctx.unit_of_work() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        if conversation.owner is Owner.CLOSED:
            return Verification.EXPIRED
        known = await uow.codes.outcome_of(conversation_id, message_id=message_id, step="confirm")
        if known is not None:
            return Verification(known)
        now = ctx.clock.now()
        outcome = await _confirm(uow, conversation, code, now=now)
        await uow.codes.note_outcome(
            conversation_id, message_id=message_id, step="confirm", outcome=outcome.value, at=now
        )
        return outcome


async def forget_expired_codes(ctx: Context) -> None:
    """Removes codes that ended and requests that no limit counts any more; for the worker, now and then."""
    now = ctx.clock.now()
    async with ctx.unit_of_work() as uow:
        await uow.codes.forget_expired(now=now, requests_before=now - STARTS_PER_CONTACT[1])


def _normal_phone(text: str) -> str:
    readings = []
    for candidate, region in ((text, "CN"), (f"+{text.lstrip('+')}", None)):
        try:
            readings.append(phonenumbers.parse(candidate, region))
        except phonenumbers.NumberParseException:
            continue
    for accepts in (phonenumbers.is_valid_number, phonenumbers.is_possible_number):
        for number in readings:
            if accepts(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise Invalid("contact")


def _subject(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}:{name}".encode("utf8", "replace")).hexdigest()


async def _start_once(
    ctx: Context,
    uow: UnitOfWork,
    conversation: Conversation,
    *,
    order: Order | None,
    to: str,
    subject: str,
    message_id: str,
) -> str:
    """Counts the start and sends the code where there is an order, unless the message did so before.

    All in the caller's transaction, which holds the conversation's lock: a crash leaves nothing half done.
    """
    known = await uow.codes.outcome_of(conversation.id, message_id=message_id, step="start")
    if known is not None:
        return known
    now = ctx.clock.now()
    outcome = _SENT if await _takes_place(uow, conversation.id, contact=subject, now=now) else _COOL_DOWN
    if outcome == _SENT:
        await _replace_code(uow, conversation, order=order, to=to, now=now)
    await uow.codes.note_outcome(conversation.id, message_id=message_id, step="start", outcome=outcome, at=now)
    return outcome


async def _takes_place(uow: UnitOfWork, conversation_id: str, *, contact: str, now: datetime) -> bool:
    """Counts this start, whether or not there is such an order; False when there were too many."""
    pending = await uow.codes.get(conversation_id)
    if pending is not None and pending.tries_left <= 0 and pending.expires_at > now:
        return False
    subjects = (
        (_subject("conversation", conversation_id), STARTS_PER_CONVERSATION),
        (_subject("contact", contact), STARTS_PER_CONTACT),
    )
    for subject, (most, within) in subjects:
        if await uow.codes.issued_since(subject, now - within) >= most:
            return False
    for subject, _ in subjects:
        await uow.codes.note_issued(subject, now)
    return True


async def _replace_code(
    uow: UnitOfWork, conversation: Conversation, *, order: Order | None, to: str, now: datetime
) -> None:
    code = f"{secrets.randbelow(1_000_000):06d}"
    pending = OneTimeCode(
        conversation_id=conversation.id,
        code_hash=_hash(code) if order else None,
        customer_id=order.customer.id if order else None,
        tries_left=TRIES,
        created_at=now,
        expires_at=now + CODE_LIFETIME,
    )
    await uow.codes.replace(pending)
    if order is not None:
        await _send(uow, conversation, to=to, code=code, pending=pending)


async def _confirm(uow: UnitOfWork, conversation: Conversation, code: str, *, now: datetime) -> Verification:
    pending = await uow.codes.get(conversation.id)
    if pending is None or pending.expires_at <= now:
        return Verification.EXPIRED
    if pending.tries_left <= 0:
        return Verification.COOLING_DOWN
    if not _matches(code, pending.code_hash) or pending.customer_id is None:
        return await _count_wrong_try(uow, pending, now=now)
    await uow.codes.remove(conversation.id)
    await _identify(uow, conversation, customer_id=pending.customer_id, now=now)
    return Verification.VERIFIED


async def _order_of(ctx: Context, *, number: str, contact: str) -> Order | None:
    """The order of this number if `contact` is its customer's."""
    try:
        order = await ctx.shop.find_order(normal_number(number))
    except NotFound:
        return None
    on_record = (order.customer.email or "").lower(), order.customer.phone or ""
    matches = [hmac.compare_digest(contact.encode(), known.encode()) for known in on_record]
    return order if any(matches) else None


async def _send(uow: UnitOfWork, conversation: Conversation, *, to: str, code: str, pending: OneTimeCode) -> None:
    await uow.outbox.add(
        kind="mail",
        key=f"code:{new_id()}",
        payload={
            "to": to,
            "response": "mail_code",
            "language": conversation.language,
            "parameters": {"code": code},
            "expires_at": pending.expires_at.isoformat(),
        },
        due_at=pending.created_at,
    )


def _hash(code: str, salt: bytes | None = None) -> str:
    """`salt$digest` in hex: HMAC-SHA256 under a random salt of 16 bytes."""
    salt = salt or secrets.token_bytes(16)
    digest = hmac.new(salt, code.encode("utf8", "replace"), hashlib.sha256).hexdigest()
    return f"{salt.hex()}${digest}"


def _matches(code: str, code_hash: str | None) -> bool:
    """In constant time, also where there is nothing to match."""
    typed = "".join(unicodedata.normalize("NFKC", code[:100]).split())
    expected = code_hash or _hash("")
    return hmac.compare_digest(_hash(typed, bytes.fromhex(expected.partition("$")[0])), expected) and bool(typed)


async def _count_wrong_try(uow: UnitOfWork, pending: OneTimeCode, *, now: datetime) -> Verification:
    """A code without tries stays as the mark of the cool-down, until `expires_at`."""
    left = pending.tries_left - 1
    if left > 0:
        await uow.codes.replace(replace(pending, tries_left=left))
        return Verification.WRONG
    void = replace(pending, code_hash=None, customer_id=None, tries_left=0, expires_at=now + COOL_DOWN)
    await uow.codes.replace(void)
    return Verification.COOLING_DOWN


async def _identify(uow: UnitOfWork, conversation: Conversation, *, customer_id: str, now: datetime) -> None:
    known = replace(conversation, customer_id=customer_id, updated_at=now)
    await uow.conversations.save(known)
    await uow.sessions.shorten(conversation.id, expires_at=now + VERIFIED_LIFETIME)
    await uow.threads.link(conversation.id, customer_id=customer_id)
    entry = Entry(
        subject="conversation",
        subject_id=conversation.id,
        actor=customer_actor(known),
        channel=conversation.channel,
        trigger="verify",
        from_state=conversation.owner.value,
        to_state=conversation.owner.value,
        at=now,
    )
    await uow.journal.add(entry)
