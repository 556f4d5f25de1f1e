"""Canned answers: kept by whoever manages the desk, used by every agent."""

from __future__ import annotations

from collections.abc import Sequence

from aftersales.domain.accounts import Account, Right
from aftersales.domain.canned import CannedAnswer, unknown_variables
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.domain.ids import new_id
from aftersales.domain.journal import Entry
from aftersales.domain.texts import Text
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.conversations import check_text, clean_text

LONGEST_NAME = 80
MOST = 300


async def canned_answers(ctx: Context) -> Sequence[CannedAnswer]:
    """By name."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.canned_answers.all()


async def add_canned_answer(ctx: Context, account: Account, *, name: str, text: Text) -> CannedAnswer:
    """Raises Forbidden, Invalid (name, variables, and as check_text), Conflict for a taken name or too many."""
    named = clean_text(name)
    if not named or len(named) > LONGEST_NAME or "\n" in named:
        raise Invalid("name")
    answer = CannedAnswer(id=new_id(), name=named, text=_checked(text), updated_at=ctx.clock.now())
    async with ctx.unit_of_work() as uow:
        account = await _manager(uow, account)
        if len(await uow.canned_answers.all()) >= MOST:
            raise Conflict("too_many")
        await uow.canned_answers.add(answer)
        await _note(uow, account, answer, "add", state="kept")
    return answer


async def change_canned_answer(ctx: Context, account: Account, *, answer_id: str, text: Text) -> CannedAnswer:
    """New words under the same name. Raises Forbidden, NotFound, Invalid (variables, and as check_text)."""
    words = _checked(text)
    async with ctx.unit_of_work() as uow:
        account = await _manager(uow, account)
        known = await _of(uow, answer_id)
        answer = CannedAnswer(id=known.id, name=known.name, text=words, updated_at=ctx.clock.now())
        await uow.canned_answers.save(answer)
        await _note(uow, account, answer, "change", state="kept")
        return answer


async def remove_canned_answer(ctx: Context, account: Account, *, answer_id: str) -> None:
    """Raises Forbidden, NotFound."""
    async with ctx.unit_of_work() as uow:
        account = await _manager(uow, account)
        known = await _of(uow, answer_id)
        await uow.canned_answers.remove(answer_id)
        gone = CannedAnswer(id=known.id, name=known.name, text=known.text, updated_at=ctx.clock.now())
        await _note(uow, account, gone, "remove", state="removed")


def _checked(text: Text) -> Text:
    words = Text(zh=check_text(text.zh), en=check_text(text.en))
    if unknown_variables(words):
        raise Invalid("variables")
    return words


async def _manager(uow: UnitOfWork, account: Account) -> Account:
    """The account as it is now. Raises Forbidden."""
    current = await uow.accounts.get(account.id)
    current.check(Right.MANAGE_DESK)
    return current


async def _of(uow: UnitOfWork, answer_id: str) -> CannedAnswer:
    found = next((one for one in await uow.canned_answers.all() if one.id == answer_id), None)
    if found is None:
        raise NotFound("canned_answer")
    return found


async def _note(uow: UnitOfWork, account: Account, answer: CannedAnswer, trigger: str, *, state: str) -> None:
    entry = Entry(
        subject="canned_answer",
        subject_id=answer.id,
        actor=account.actor,
        channel="desk",
        trigger=trigger,
        from_state=None if trigger == "add" else "kept",
        to_state=state,
        at=answer.updated_at,
        detail={"name": answer.name},
    )
    await uow.journal.add(entry)
