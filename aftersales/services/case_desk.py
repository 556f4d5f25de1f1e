"""What a person does with a case: takes it, answers, asks back, resolves it."""

from __future__ import annotations

from aftersales.domain.cases import Case, CaseNote, CaseState, CaseTrigger, NoteKind
from aftersales.domain.ids import new_id
from aftersales.ports import UnitOfWork
from aftersales.services.cases import move_case
from aftersales.services.context import Context
from aftersales.services.conversations import add_agent_words, check_text
from aftersales.services.moves import By
from aftersales.services.spoken_promises import note_agents_words

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
        by = By(actor, channel)
        return await move_case(ctx, uow, case, CaseTrigger.ASSIGN, by=by, assigned_to=actor)


async def write_about_case(
    ctx: Context, *, number: str, kind: NoteKind, text: str, key: str, actor: str, channel: str = "desk"
) -> Case:
    """A person's words to the customer, in the chat and on the case: answer, question or resolution; once per key.

    Who writes has the case. Words about a case that is settled reach the chat and leave the case alone. What they
    promise is noted with them.
    Raises NotFound, Invalid as check_text, Conflict for a second resolution.
    """
    words = check_text(text)
    async with ctx.unit_of_work() as uow:
        case = await uow.cases.lock(number)
        if not await add_agent_note(ctx, uow, case, kind=kind, text=words, key=key):
            return case
        if case.state not in _SETTLED or kind is NoteKind.RESOLUTION:
            by = By(actor, channel)
            case = await move_case(ctx, uow, case, _TRIGGERS[kind], by=by, assigned_to=actor)
        if case.conversation_id:
            talk = await add_agent_words(ctx, uow, conversation_id=case.conversation_id, text=words, key=key)
            await note_agents_words(ctx, uow, talk, text=words, actor=actor, number=case.number)
        return case


_SETTLED = frozenset({CaseState.RESOLVED, CaseState.CLOSED})


async def add_agent_note(
    ctx: Context, uow: UnitOfWork, case: Case, *, kind: NoteKind, text: str, key: str
) -> bool:
    """A person's words, kept with the case; False when they are there already."""
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
