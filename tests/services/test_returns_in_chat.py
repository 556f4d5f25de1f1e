"""What an agent files for the customer whose chat they have: rights, whose order, once, and what is excepted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.accounts import Account, Role
from aftersales.domain.approvals import FiledByApprover
from aftersales.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Taken
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import RefundState
from aftersales.domain.remedies import Remedy, Wish
from aftersales.domain.returns import Return, ReturnState
from aftersales.services.accounts import disable_account
from aftersales.services.approvals import approve
from aftersales.services.handoff_claims import claim, take_over
from aftersales.services.handoff_talk import CloseReason, close
from aftersales.services.moves import By
from aftersales.services.return_views import list_returns
from aftersales.services.returns import access_return, approve_return, receive_return
from aftersales.services.returns_in_chat import Asked, file_in_chat, order_in_chat, quote_in_chat
from aftersales.services.sessions import open_session
from tests.databases import DATABASES
from tests.desks import agent, want_person
from tests.goods import COAT, LARGE, NUMBER, SHOES, SOCKS, Goods, open_goods, yuan

LATE = {"days": 60}  # after every window for goods without a fault


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def chat_with(goods: Goods, account: Account, customer_id: str | None = "c-lin") -> str:
    """A chat that this agent has taken."""
    _, talk = await open_session(goods.ctx, channel="web", language="zh", customer_id=customer_id)
    await want_person(goods, talk)
    await claim(goods.ctx, account, conversation_id=talk.id)
    return talk.id


def asked(*items: tuple[str, int], reason: Reason = Reason.WRONG_SIZE, wish: Wish | None = None) -> Asked:
    return Asked(order_number=NUMBER, items=items or [(SHOES, 1)], reason=reason, wish=wish or Wish())


async def file(goods: Goods, account: Account, chat: str, **changes: Any) -> Return:
    wanted: dict[str, Any] = {"asked": asked(), "key": "k1", "agreed": yuan("129.00")}
    return await file_in_chat(goods.ctx, account, conversation_id=chat, **(wanted | changes))


async def filed(goods: Goods) -> Sequence[object]:
    return await list_returns(goods.ctx, customer_id="c-lin")


async def test_it_is_quoted_as_the_assistant_would_and_filed_in_the_agents_name(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    verdict = await quote_in_chat(goods.ctx, wei, conversation_id=chat, asked=asked())
    assert (verdict.quote.decision.allowed, verdict.exception) == (True, None)
    item = await file(goods, wei, chat, agreed=verdict.quote.decision.amount, comment=" too small ")
    assert (item.state, item.customer_id, item.conversation_id) == (ReturnState.AWAITING_PARCEL, "c-lin", chat)
    assert item.comment == "too small"
    first = (await goods.journal("return", item.id))[0]
    assert (first.actor, first.channel, first.detail) == ("agent:wei", "desk", {})


async def test_the_customer_is_told_that_it_was_filed_and_then_to_send_it(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    await file(goods, wei, await chat_with(goods, wei))
    assert await goods.news() == ["utter_returns_filed_by_agent", "utter_returns_approved"]


async def test_what_a_person_has_to_look_at_waits_with_a_case(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    item = await file(goods, wei, chat, asked=asked((COAT, 1)), agreed=yuan("2000.00"))
    assert (item.state, item.needs_human) == (ReturnState.REQUESTED, True)
    assert [case.reason for case in await goods.cases()] == ["return_approval"]


async def test_an_exchange_reserves_what_was_chosen(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    chat, before = await chat_with(goods, wei), await goods.stock(LARGE)
    wish = Wish(remedy=Remedy.EXCHANGE, variants={SHOES: LARGE})
    item = await file(goods, wei, chat, asked=asked(wish=wish), agreed=yuan("0.00"))
    assert (item.remedy, item.state) == (Remedy.EXCHANGE, ReturnState.AWAITING_PARCEL)
    assert await goods.stock(LARGE) == before - 1


async def test_the_same_form_twice_files_once(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    both = await asyncio.gather(*(file(goods, wei, chat) for _ in range(3)))
    assert len({item.id for item in both}) == 1
    assert len(await filed(goods)) == 1


async def test_a_form_of_other_goods_under_the_same_key_is_a_conflict(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    await file(goods, wei, chat)
    with pytest.raises(Conflict) as refused:
        await file(goods, wei, chat, asked=asked((SOCKS, 1)), agreed=yuan("30.00"))
    assert refused.value.detail == "key_used"


async def test_another_amount_than_the_agent_saw_files_nothing(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    with pytest.raises(Conflict) as refused:
        await file(goods, wei, chat, agreed=yuan("130.00"))
    assert refused.value.detail == "amount_changed"
    assert await filed(goods) == []


@pytest.mark.parametrize("customer_id", ["c-emma", None])
async def test_an_order_of_another_customer_is_not_found_nor_is_any_for_a_guest(
    goods: Goods, customer_id: str | None
) -> None:
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei, customer_id)
    with pytest.raises(NotFound):
        await order_in_chat(goods.ctx, wei, conversation_id=chat, number=NUMBER)
    with pytest.raises(NotFound):
        await quote_in_chat(goods.ctx, wei, conversation_id=chat, asked=asked())
    with pytest.raises(NotFound):
        await file(goods, wei, chat)
    assert await filed(goods) == []


async def test_only_who_has_the_chat_may_file_and_only_while_they_do(goods: Goods) -> None:
    wei, li = await agent(goods, "wei"), await agent(goods, "li")
    chat = await chat_with(goods, wei)
    for doing in (file(goods, li, chat), quote_in_chat(goods.ctx, li, conversation_id=chat, asked=asked())):
        with pytest.raises(Taken):
            await doing
    await close(goods.ctx, wei, conversation_id=chat, reason=CloseReason.OTHER)
    with pytest.raises(Conflict):
        await file(goods, wei, chat)
    assert await filed(goods) == []


async def test_without_the_right_or_the_account_nothing_is_filed(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    with pytest.raises(Forbidden):
        await file(goods, await agent(goods, "fei", role=Role.FINANCE, seated=False), chat)
    await disable_account(goods.ctx, name="wei", by=By("system", "cli"))
    with pytest.raises((Forbidden, Conflict)):
        await file(goods, wei, chat)
    assert await filed(goods) == []


async def test_of_an_agent_who_files_and_a_supervisor_who_takes_over_at_once_nothing_is_filed_by_halves(
    goods: Goods,
) -> None:
    wei, boss = await agent(goods, "wei"), await agent(goods, "boss", role=Role.SUPERVISOR)
    chat = await chat_with(goods, wei)
    ours, _ = await asyncio.gather(
        file(goods, wei, chat), take_over(goods.ctx, boss, conversation_id=chat), return_exceptions=True
    )
    assert isinstance(ours, Return | Taken)
    assert len(await filed(goods)) == isinstance(ours, Return)


async def test_of_two_agents_with_a_chat_of_the_same_customer_one_files_the_last_unit(goods: Goods) -> None:
    wei, li = await agent(goods, "wei"), await agent(goods, "li")
    chats = [await chat_with(goods, wei), await chat_with(goods, li)]
    what: dict[str, Any] = {"asked": asked((SOCKS, 1)), "agreed": yuan("30.00")}
    both = await asyncio.gather(
        file(goods, wei, chats[0], **what), file(goods, li, chats[1], **what), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "Return"]
    assert len(await filed(goods)) == 1


# Exceptions to a window


async def test_after_the_window_it_is_refused_and_what_an_exception_comes_to_is_told(goods: Goods) -> None:
    goods.clock.advance(**LATE)
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    verdict = await quote_in_chat(goods.ctx, wei, conversation_id=chat, asked=asked())
    assert not verdict.quote.decision.allowed
    assert verdict.exception is not None
    assert verdict.exception.quote.decision.amount == yuan("129.00")
    with pytest.raises(Refused):
        await file(goods, wei, chat)


async def test_a_supervisor_grants_it_with_a_reason_that_is_journalled(goods: Goods) -> None:
    goods.clock.advance(**LATE)
    boss = await agent(goods, "boss", role=Role.SUPERVISOR)
    chat = await chat_with(goods, boss)
    verdict = await quote_in_chat(goods.ctx, boss, conversation_id=chat, asked=asked())
    assert verdict.exception is not None
    item = await file(goods, boss, chat, exception=" was in hospital ")
    assert (item.state, item.amount) == (ReturnState.AWAITING_PARCEL, yuan("129.00"))
    first = (await goods.journal("return", item.id))[0]
    assert first.actor == "agent:boss"
    assert first.detail == {"exception": "was in hospital", "waived": list(verdict.exception.waived)}
    assert list(verdict.exception.waived) == [verdict.quote.decision.rule_id]


async def test_an_agent_may_not_grant_an_exception(goods: Goods) -> None:
    goods.clock.advance(**LATE)
    wei = await agent(goods, "wei")
    chat = await chat_with(goods, wei)
    with pytest.raises(Forbidden):
        await file(goods, wei, chat, exception="please")
    assert await filed(goods) == []


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501], ids=["none", "blank", "too long"])
async def test_an_exception_needs_a_reason_of_some_length(goods: Goods, reason: str) -> None:
    goods.clock.advance(**LATE)
    boss = await agent(goods, "boss", role=Role.SUPERVISOR)
    chat = await chat_with(goods, boss)
    with pytest.raises(Invalid) as refused:
        await file(goods, boss, chat, exception=reason)
    assert refused.value.field == "exception"


async def test_an_exception_where_none_is_needed_is_none(goods: Goods) -> None:
    boss = await agent(goods, "boss", role=Role.SUPERVISOR)
    item = await file(goods, boss, await chat_with(goods, boss), exception="to be sure")
    assert (await goods.journal("return", item.id))[0].detail == {}


async def test_an_exception_waives_no_unit_that_is_back_already(goods: Goods) -> None:
    goods.clock.advance(**LATE)
    boss = await agent(goods, "boss", role=Role.SUPERVISOR)
    chat = await chat_with(goods, boss)
    with pytest.raises((Refused, Conflict)):
        await file(goods, boss, chat, asked=asked((SHOES, 3)), agreed=yuan("387.00"), exception="please")
    assert await filed(goods) == []


async def dear_return(goods: Goods, filer: Account) -> Return:
    """One that waits for a person, filed for the customer."""
    item = await file(goods, filer, await chat_with(goods, filer), asked=asked((COAT, 1)), agreed=yuan("2000.00"))
    assert item.needs_human
    return item


async def test_whoever_filed_a_return_for_the_customer_does_not_approve_it_as_well(goods: Goods) -> None:
    wei, li = await agent(goods, "wei"), await agent(goods, "li", seated=False)
    item = await dear_return(goods, wei)
    with pytest.raises(FiledByApprover):
        await approve_return(goods.ctx, number=item.number, actor=wei.actor)
    assert (await access_return(goods.ctx, number=item.number, customer_id="c-lin")).item.state is (
        ReturnState.REQUESTED
    )
    approved = await approve_return(goods.ctx, number=item.number, actor=li.actor)
    assert approved.state is ReturnState.AWAITING_PARCEL


async def test_whoever_works_alone_approves_what_they_filed(goods: Goods) -> None:
    wei = await agent(goods, "wei")
    await agent(goods, "accounts", role=Role.FINANCE, seated=False)
    gone = await agent(goods, "gone", seated=False)
    await disable_account(goods.ctx, name=gone.name, by=By("system", "cli"))
    item = await dear_return(goods, wei)
    approved = await approve_return(goods.ctx, number=item.number, actor=wei.actor)
    assert approved.state is ReturnState.AWAITING_PARCEL


async def test_whoever_filed_a_dear_return_does_not_agree_to_its_refund_alone(goods: Goods) -> None:
    goods.clock.advance(**LATE)
    boss = await agent(goods, "boss", role=Role.ADMIN)
    await agent(goods, "accounts", role=Role.FINANCE, seated=False)
    chat = await chat_with(goods, boss)
    dear = asked((COAT, 1))
    item = await file(goods, boss, chat, asked=dear, agreed=yuan("2000.00"), exception="goodwill")
    await approve_return(goods.ctx, number=item.number, actor="agent:boss")
    await receive_return(goods.ctx, number=item.number, actor="agent:warehouse")
    waiting = [one for one in await goods.refunds(item) if one.state is RefundState.AWAITING_APPROVAL]
    assert waiting
    for refund in waiting:
        after = await approve(goods.ctx, refund_id=refund.id, account=boss)
        assert after.state is RefundState.AWAITING_APPROVAL
