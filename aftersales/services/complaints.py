"""Complaints and claims as customers file and follow them: filed, added to, looked up, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftersales.domain.cases import (
    CUSTOMERS_KINDS,
    LIVE,
    Case,
    CaseKind,
    CaseNote,
    CaseState,
    CaseTrigger,
    NoteKind,
    Severity,
)
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.masking import mask_cards
from aftersales.ports import UnitOfWork
from aftersales.services.access import access_order
from aftersales.services.cases import add_case, move_case
from aftersales.services.context import Context
from aftersales.services.conversations import clean_text
from aftersales.services.moves import By

LONGEST_DETAILS = 2000
MOST_PHOTOS = 10
_MOST_CASES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who speaks: the conversation, and the customer where it is proven who they are."""

    conversation_id: str
    customer_id: str | None

    @property
    def by(self) -> By:
        return By(f"customer:{self.customer_id or 'guest'}", "web")


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its customer may see it; `notes` oldest first. `numbers` are those by which they know it."""

    case: Case
    notes: tuple[CaseNote, ...]
    numbers: tuple[str, ...]

    @property
    def last_answer(self) -> CaseNote | None:
        """The last thing that a person of the shop wrote about it."""
        return next((note for note in reversed(self.notes) if note.author == "agent"), None)


async def file_customer_case(
    ctx: Context,
    visitor: Visitor,
    *,
    kind: CaseKind,
    reason: str,
    details: str,
    key: str,
    order_number: str | None = None,
    severity: Severity = Severity.NORMAL,
    wish: str = "",
    attachment_ids: Sequence[str] = (),
    facts: Mapping[str, str] | None = None,
) -> Case:
    """Files a complaint or a claim with the department that the policy names; the same key again: the same case.

    `details` is cut at 2000 characters and freed of card numbers. A guest may file what concerns no order.
    Raises NotFound (order or attachment missing or another's), Invalid (details, attachment_ids), Conflict (a key
    of somebody else), Unavailable.
    """
    words = mask_cards(clean_text(details))[:LONGEST_DETAILS]
    if not words:
        raise Invalid("details")
    if len(attachment_ids) > MOST_PHOTOS:
        raise Invalid("attachment_ids")
    if order_number is not None:
        order_number = (await access_order(ctx, customer_id=visitor.customer_id, number=order_number)).number
    department = ctx.policy.cases.department(kind, reason)
    async with ctx.unit_of_work() as uow:
        await _check_photos(uow, visitor, attachment_ids)
        case = await add_case(
            ctx,
            uow,
            by=visitor.by,
            conversation_id=visitor.conversation_id,
            customer_id=visitor.customer_id,
            kind=kind,
            reason=reason,
            summary=words,
            key=key,
            promise=ctx.policy.cases.promise(department, severity),
            resolve=ctx.policy.cases.resolve(department, severity),
            severity=severity,
            department=department.id,
            order_number=order_number,
            wish=wish,
            attachment_ids=tuple(attachment_ids),
            facts={name: mask_cards(value) for name, value in (facts or {}).items()},
        )
    if not _visible(case, visitor):
        raise Conflict("key of another customer")
    return case


async def list_cases(ctx: Context, visitor: Visitor) -> Sequence[CaseView]:
    """The visitor's cases, newest first; without what is the shop's own business, and without duplicates."""
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.cases.of(
            conversation_id=visitor.conversation_id, customer_id=visitor.customer_id, limit=_MOST_CASES
        )
        return [
            await _view(uow, case) for case in found if case.kind in CUSTOMERS_KINDS and case.merged_into is None
        ]


async def access_case(ctx: Context, visitor: Visitor, *, number: str) -> CaseView:
    """Raises NotFound, also for another's case."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await _view(uow, await _own(uow, visitor, number))


async def add_to_case(
    ctx: Context, visitor: Visitor, *, number: str, text: str, key: str, attachment_ids: Sequence[str] = ()
) -> Case:
    """Adds the customer's words or photos to a case that is not closed; once per key.

    A case that was resolved is open again; one that waited for the customer goes on. Raises NotFound, Conflict
    when it is closed, Invalid (text) when there is nothing to add.
    """
    words = mask_cards(clean_text(text))[:LONGEST_DETAILS]
    if not words and not attachment_ids:
        raise Invalid("text")
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock((await _own(uow, visitor, number)).number)
        await _check_photos(uow, visitor, attachment_ids)
        now = ctx.clock.now()
        note = CaseNote(
            id=new_id(),
            case_id=case.id,
            key=key,
            author="customer",
            kind=NoteKind.ADDITION,
            text=words,
            attachment_ids=tuple(attachment_ids),
            at=now,
        )
        if not await uow.cases.add_note(note):
            return case
        trigger = CaseTrigger.REOPEN if case.state is CaseState.RESOLVED else CaseTrigger.HEAR
        return await move_case(ctx, uow, case, trigger, by=visitor.by)


async def withdraw_case(ctx: Context, visitor: Visitor, *, number: str) -> Case:
    """Takes a case back; harmless when it is closed already. Raises NotFound, and Conflict when it is resolved."""
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock((await _own(uow, visitor, number)).number)
        if case.state is CaseState.CLOSED:
            return case
        return await move_case(ctx, uow, case, CaseTrigger.WITHDRAW, by=visitor.by)


async def find_filed_case(ctx: Context, visitor: Visitor, *, key: str) -> Case | None:
    """What was filed under this key; None for another's."""
    async with ctx.unit_of_work(read_only=True) as uow:
        case = await uow.cases.by_key(key)
    return case if case is not None and _visible(case, visitor) else None


async def find_live_case(ctx: Context, visitor: Visitor, *, kind: CaseKind, order_number: str) -> Case | None:
    """The visitor's case of this kind about this order that still waits for a person."""
    for view in await list_cases(ctx, visitor):
        case = view.case
        if case.kind is kind and case.order_number == order_number and case.state in LIVE:
            return case
    return None


async def _own(uow: UnitOfWork, visitor: Visitor, number: str) -> Case:
    """The visitor's case of this number; for a duplicate the one with which it goes on."""
    case = await uow.cases.by_number(number)
    if not _visible(case, visitor) or case.kind not in CUSTOMERS_KINDS:
        raise NotFound("case")
    return case if case.merged_into is None else await uow.cases.by_number(case.merged_into)


async def _view(uow: UnitOfWork, case: Case) -> CaseView:
    """With the notes of its duplicates."""
    duplicates = await uow.cases.merged_into(case.number)
    notes = [note for one in (case, *duplicates) for note in await uow.cases.notes(one.id)]
    numbers = (case.number, *(one.number for one in duplicates))
    return CaseView(case, tuple(sorted(notes, key=lambda note: note.at)), numbers)


def _visible(case: Case, visitor: Visitor) -> bool:
    """A known customer's case is theirs alone; one that nobody known filed belongs to its conversation."""
    if case.customer_id is not None:
        return case.customer_id == visitor.customer_id
    return case.conversation_id == visitor.conversation_id


async def _check_photos(uow: UnitOfWork, visitor: Visitor, attachment_ids: Sequence[str]) -> None:
    for attachment_id in attachment_ids:
        attachment = await uow.attachments.get(attachment_id)
        if attachment.conversation_id != visitor.conversation_id:
            raise NotFound("attachment")
