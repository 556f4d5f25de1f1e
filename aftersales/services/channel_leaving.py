"""A customer leaves a messaging app's account: what is known from there alone is removed.

WeChat asks for it at `unsubscribe` (developers.weixin.qq.com, event pushes). What a return or a case rests on
stays with it: records of a trade are kept for three years at least (E-Commerce Law of China, article 31).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from aftersales.domain.conversations import Owner
from aftersales.domain.threads import Thread
from aftersales.ports import StoredPush, UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import note_in_talk, set_owner
from aftersales.services.handoff import leave_people


async def leave(ctx: Context, thread: Thread, told: StoredPush, *, folder: Path) -> None:
    """Removes the thread, what was said and noted in it, its files that nothing rests on; closes the talk.

    What the customer did afterwards is taken in by a thread of its own. `told` is marked done in the same
    transaction, and who the sender of all that was done before is, is forgotten.

    Harmless when it was done already. `folder` is that of the attachments.
    """
    paths: list[str] = []
    async with ctx.unit_of_work() as uow:
        if thread.conversation_id is not None:
            conversation = await uow.conversations.lock(thread.conversation_id)
            now = ctx.clock.now()
            await leave_people(ctx, uow, conversation)
            closed = await set_owner(
                uow, conversation, Owner.CLOSED, actor="customer:guest", trigger="leave", at=now
            )
            unknown = replace(closed, customer_id=None, answered_seq=closed.asked_seq, updated_at=now)
            await uow.conversations.save(unknown)
            await uow.codes.remove(conversation.id)
            await _forget_words(uow, conversation.id)
            paths = [file.path for file in await uow.attachments.remove_unused(conversation.id)]
            detail = {"files": len(paths)}
            await note_in_talk(ctx, uow, closed, actor="customer:guest", trigger="erase", detail=detail)
        await uow.threads.remove(thread.id)
        await uow.pushes.done(told.id, at=ctx.clock.now())
        await uow.pushes.forget_sender(thread.sender)
        if await uow.pushes.any_waiting(thread.sender):
            await uow.threads.open(thread.sender, due_at=ctx.clock.now())
    for path in paths:
        await asyncio.to_thread((folder / path).unlink, missing_ok=True)


async def _forget_words(uow: UnitOfWork, conversation_id: str) -> None:
    """The customer's own, and what agents noted and were shown of them."""
    await uow.messages.remove_all(conversation_id)
    await uow.chat_notes.remove_all(conversation_id)
    await uow.feedback.forget_words(conversation_id)
    for handover in await uow.handovers.of(conversation_id):
        await uow.handovers.save(replace(handover, about={}))
