"""What a person does with a case: takes it, answers, asks back, resolves it, settles a claim."""

from __future__ import annotations

from aftersales.domain.cases import CLAIMS, Case, CaseKind, CaseNote, CaseState, CaseTrigger, NoteKind
from aftersales.domain.claims import Decision
from aftersales.domain.errors import Conflict
from aftersales.domain.ids import new_id
from aftersales.ports import UnitOfWork
from aftersales.services.cases import add_case, move_case
from aftersales.services.context import Context
from aftersales.services.conversations import add_agent_words, check_text
from aftersales.services.moves import By

_TRIGGERS = {
    NoteKind.ANSWER: CaseTrigger.ANSWER,
    NoteKind.QUESTION: CaseTrigger.ASK,
    NoteKind.RESOLUTION: CaseTrigger.RESOLVE,
}


async def assign_case(ctx: Context, *, number: str, actor: str, channel: str = "desk") -> Case:
    """Whoever does it has the case; harmless when they have it. Raises NotFound, Conflict when it is settled."""
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock(number)
        if case.assigned_to == actor:
            return case
        by, now = By(actor, channel), ctx.clock.now()
        return await move_case(uow, case, CaseTrigger.ASSIGN, by=by, at=now, assigned_to=actor)


async def write_about_case(
    ctx: Context, *, number: str, kind: NoteKind, text: str, key: str, actor: str, channel: str = "desk"
) -> Case:
    """A person's words to the customer, in the chat and on the case: answer, question or resolution; once per key.

    Who writes has the case. Words about a case that is settled reach the chat and change nothing else.
    Raises NotFound, Invalid as check_text, Conflict for a second resolution.
    """
    words = check_text(text)
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock(number)
        if not await _note(ctx, uow, case, kind=kind, text=words, key=key):
            return case
        if case.state not in _SETTLED or kind is NoteKind.RESOLUTION:
            by, now = By(actor, channel), ctx.clock.now()
            case = await move_case(uow, case, _TRIGGERS[kind], by=by, at=now, assigned_to=actor)
        if case.conversation_id:
            await add_agent_words(ctx, uow, conversation_id=case.conversation_id, text=words, key=key)
        return case


_SETTLED = frozenset({CaseState.RESOLVED, CaseState.CLOSED})


async def settle_claim(
    ctx: Context, *, number: str, decision: Decision, text: str, key: str, actor: str, channel: str = "desk"
) -> Case:
    """Decides a claim and tells the customer `text`; a refund or a parcel sent again becomes an approval case.

    The same decision again is harmless. Raises NotFound, Invalid as check_text, Conflict when the case is no
    claim or is settled already.
    """
    words = check_text(text)
    by = By(actor, channel)
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock(number)
        if case.state is CaseState.RESOLVED and case.decision == decision.value:
            return case
        if case.kind not in CLAIMS:
            raise Conflict("no claim")
        settled = await move_case(
            uow,
            case,
            CaseTrigger.RESOLVE,
            by=by,
            at=ctx.clock.now(),
            detail={"decision": decision.value},
            decision=decision.value,
            assigned_to=actor,
        )
        await _note(ctx, uow, settled, kind=NoteKind.RESOLUTION, text=words, key=key)
        await add_agent_words(ctx, uow, conversation_id=case.conversation_id, text=words, key=key)
        if decision is not Decision.DECLINED:
            await _have_done(ctx, uow, settled, by=by)
        return settled


async def _have_done(ctx: Context, uow: UnitOfWork, case: Case, *, by: By) -> None:
    await add_case(
        ctx,
        uow,
        conversation_id=case.conversation_id,
        customer_id=case.customer_id,
        kind=CaseKind.APPROVAL,
        reason=f"claim_{case.decision}",
        summary=f"{case.number} {case.order_number or ''}".strip(),
        key=f"claim:{case.id}",
        promise=ctx.promise,
        by=by,
        order_number=case.order_number,
        department=case.department,
    )


async def _note(ctx: Context, uow: UnitOfWork, case: Case, *, kind: NoteKind, text: str, key: str) -> bool:
    note = CaseNote(
        id=new_id(),
        case_id=case.id,
        key=f"agent:{key}",
        author="agent",
        kind=kind,
        text=text,
        attachment_ids=(),
        at=ctx.clock.now(),
    )
    return await uow.cases.add_note(note)
