"""What agents promise in typed words: noted with the message, kept, warned of, and put right by the agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aftersales.domain.accounts import Account, Role
from aftersales.domain.business_time import Hours, Schedule, Span
from aftersales.domain.cases import CaseKind, NoteKind
from aftersales.domain.conversations import Conversation
from aftersales.domain.errors import Conflict, Forbidden, Invalid
from aftersales.domain.money import Money
from aftersales.domain.promises import Promise, PromiseKind, Subject, end_of, times_by_words
from aftersales.services.case_desk import write_about_case
from aftersales.services.complaints import Visitor, file_customer_case
from aftersales.services.handoff_claims import claim
from aftersales.services.handoff_talk import write
from aftersales.services.promise_watch import list_promises, watch_promises
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.returns import receive_return
from aftersales.services.sessions import open_session
from aftersales.services.spoken_promises import keep_promise, retime_promise, take_back_promise
from aftersales.stores.schema.returns import outbox
from tests.databases import DATABASES
from tests.desks import agent, want_person
from tests.goods import SOCKS, Goods, open_goods


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def chat(goods: Goods, account: Account) -> Conversation:
    """A talk that this agent has."""
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id="c-lin")
    await want_person(goods, talk)
    await claim(goods.ctx, account, conversation_id=talk.id)
    return talk


async def say(goods: Goods, account: Account, talk: Conversation, text: str, key: str = "k1") -> None:
    await write(goods.ctx, account, conversation_id=talk.id, text=text, key=key)


async def promised(goods: Goods, talk: Conversation) -> list[Promise]:
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        return list(await uow.promises.spoken_in(talk.id))


async def triggers(goods: Goods, promise: Promise) -> list[tuple[str, str]]:
    return [(entry.trigger, entry.actor) for entry in await goods.journal("promise", promise.id)]


async def late_news(goods: Goods) -> list[dict[str, Any]]:
    async with goods.engine.connect() as connection:
        rows = (await connection.execute(outbox.select().where(outbox.c.kind == "tell"))).mappings()
        return [row["payload"] for row in rows if "promise_late" in row["payload"]["response"]]


def in_zone(goods: Goods, promise: Promise) -> str:
    return f"{promise.due_at.astimezone(goods.ctx.zone):%m-%d %H:%M}"


async def test_words_that_promise_an_answer_are_a_promise_once(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    for _ in range(2):
        await say(goods, wei, talk, "我去核实，24小时内给您答复")
    (promise,) = await promised(goods, talk)
    assert (promise.kind, promise.subject, promise.told_by) == (
        PromiseKind.CASE_ANSWER,
        Subject.CONVERSATION,
        "agent:wei",
    )
    assert promise.due_at == goods.clock.now() + timedelta(hours=24)
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        assert promise.seq == (await uow.conversations.get(talk.id)).last_seq
    assert await triggers(goods, promise) == [("promise", "agent:wei")]


async def test_ordinary_words_promise_nothing(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "您好，请问有什么可以帮您")
    assert await promised(goods, talk) == []


async def test_the_same_promise_said_twice_is_one(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "明天下午三点前给您回复", "k1")
    await say(goods, wei, talk, "您放心，明天下午三点前给您回复", "k2")
    assert len(await promised(goods, talk)) == 1


async def test_the_next_words_of_a_person_keep_an_answer_and_those_right_after_do_not(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "24小时内给您答复", "k1")
    goods.clock.advance(minutes=1)
    await say(goods, wei, talk, "还有别的问题吗", "k2")
    assert (await promised(goods, talk))[0].is_open
    goods.clock.advance(hours=3)
    await say(goods, wei, talk, "查到了，是仓库发错了", "k3")
    (promise,) = await promised(goods, talk)
    assert promise.kept_at == goods.clock.now()
    assert await triggers(goods, promise) == [("promise", "agent:wei"), ("keep", "agent:wei")]


async def test_the_desk_is_warned_first_then_the_customer_then_it_is_broken(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "十个小时内给您答复")
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        assert await uow.promises.owed_by("agent:wei") == []
    goods.clock.advance(hours=8)
    await watch_promises(goods.ctx)
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        (owed,) = await uow.promises.owed_by("agent:wei")
    assert [one.id for one in await list_promises(goods.ctx, standing="soon")] == [owed.id]
    assert await late_news(goods) == []
    goods.clock.advance(hours=1)
    for _ in range(2):
        await watch_promises(goods.ctx)
    (news,) = await late_news(goods)
    assert news["response"] == "utter_handoff_promise_late"
    goods.clock.advance(hours=1)
    await watch_promises(goods.ctx)
    names = [name for name, _ in await triggers(goods, owed)]
    assert names == ["promise", "warn", "late", "break"]


async def test_a_day_that_was_promised_is_told_as_a_day(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "3天内给您补发")
    (promise,) = await promised(goods, talk)
    goods.clock.advance(seconds=(promise.late_from - goods.clock.now()).total_seconds())
    await watch_promises(goods.ctx)
    (news,) = await late_news(goods)
    day = goods.ctx.today()
    assert (news["response"], news["parameters"]["promised"]) == ("utter_handoff_promise_late_parcel", f"{day}")


async def test_an_amount_without_a_time_is_due_within_the_days_of_the_policy(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "这样，我给您退50元")
    (promise,) = await promised(goods, talk)
    assert promise.amount == Money(5000, "CNY")
    days = goods.ctx.policy.refund.days
    assert promise.due_at == end_of(goods.ctx.today() + timedelta(days=days), goods.ctx.zone)


async def test_a_promised_refund_of_the_only_return_is_kept_when_that_is_paid(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    item = await goods.ask((SOCKS, 1), conversation_id=talk.id)
    await say(goods, wei, talk, "退款3天内到账")
    (promise,) = await promised(goods, talk)
    assert (promise.subject, promise.number, promise.amount) == (Subject.RETURN, item.number, item.amount)
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    await submit_due(goods.ctx)
    goods.clock.advance(seconds=5)
    await reconcile_due(goods.ctx)
    (promise,) = await promised(goods, talk)
    assert promise.kept_at == goods.clock.now()


async def test_a_promised_amount_of_no_return_is_kept_by_a_refund_of_as_much_alone(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    item = await goods.ask((SOCKS, 1), conversation_id=talk.id)
    await say(goods, wei, talk, "另外给您退1.5元")
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    await submit_due(goods.ctx)
    goods.clock.advance(seconds=5)
    await reconcile_due(goods.ctx)
    (promise,) = await promised(goods, talk)
    assert (promise.subject, promise.is_open) == (Subject.CONVERSATION, True)


async def test_the_agent_takes_back_what_was_no_promise_and_changes_the_time(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "明天下午三点前给您回复，5个工作日内退款")
    answer, refund = await promised(goods, talk)
    await take_back_promise(goods.ctx, wei, promise_id=refund.id)
    later = answer.due_at + timedelta(hours=2)
    await retime_promise(goods.ctx, wei, promise_id=answer.id, due_at=later)
    answer, refund = await promised(goods, talk)
    assert (answer.due_at, answer.is_open, refund.released_at) == (later, True, goods.clock.now())
    assert [name for name, _ in await triggers(goods, answer)] == ["promise", "retime"]
    assert ("take_back", "agent:wei") in await triggers(goods, refund)


async def test_nobody_else_puts_an_agents_words_right_but_a_supervisor(goods: Goods) -> None:
    wei, li = await agent(goods, "wei"), await agent(goods, "li", seated=False)
    boss = await agent(goods, "boss", role=Role.SUPERVISOR, seated=False)
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "明天给您回复")
    (promise,) = await promised(goods, talk)
    with pytest.raises(Forbidden):
        await take_back_promise(goods.ctx, li, promise_id=promise.id)
    await keep_promise(goods.ctx, boss, promise_id=promise.id)
    with pytest.raises(Conflict):
        await keep_promise(goods.ctx, boss, promise_id=promise.id)


async def test_what_is_late_is_not_made_undone_and_no_time_of_the_past_is_taken(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    talk = await chat(goods, wei)
    await say(goods, wei, talk, "一小时内给您回复")
    (promise,) = await promised(goods, talk)
    for wrong in (goods.clock.now(), goods.clock.now() + timedelta(days=91)):
        with pytest.raises(Invalid):
            await retime_promise(goods.ctx, wei, promise_id=promise.id, due_at=wrong)
    goods.clock.advance(minutes=55)
    await watch_promises(goods.ctx)
    with pytest.raises(Conflict):
        await take_back_promise(goods.ctx, wei, promise_id=promise.id)
    with pytest.raises(Conflict):
        await retime_promise(goods.ctx, wei, promise_id=promise.id, due_at=goods.clock.now() + timedelta(hours=5))
    await keep_promise(goods.ctx, wei, promise_id=promise.id)


async def test_words_typed_at_a_case_are_noted_too(goods: Goods) -> None:
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id="c-lin")
    visitor = Visitor(conversation_id=talk.id, customer_id="c-lin")
    case = await file_customer_case(
        goods.ctx, visitor, kind=CaseKind.COMPLAINT, reason="service", details="没人理我", key="k"
    )
    for _ in range(2):
        await write_about_case(
            goods.ctx,
            number=case.number,
            kind=NoteKind.ANSWER,
            text="在查，明天中午12点前回复您",
            key="a",
            actor="agent:wei",
        )
    (promise,) = await promised(goods, talk)
    assert (promise.number, in_zone(goods, promise)[-5:]) == (case.number, "12:00")


def test_a_time_before_anybody_is_there_presses_by_the_clock() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    office = Hours(zone, {"zh": Schedule(week=(*[(Span(9 * 60, 18 * 60),)] * 5, (), ()))})
    evening = datetime(2026, 11, 25, 19, 0, tzinfo=zone)
    warned, times = times_by_words(evening, evening + timedelta(hours=10), office, "zh")
    assert (warned, times.late_from) == (evening + timedelta(hours=8), evening + timedelta(hours=9))
    afternoon = evening.replace(hour=17)
    warned, times = times_by_words(afternoon, afternoon + timedelta(hours=18), office, "zh")
    assert warned < times.late_from < times.due_at
    assert office.is_open(times.late_from, "zh")
