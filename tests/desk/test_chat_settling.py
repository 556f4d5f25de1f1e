"""Returns that wait for a person and open cases, decided in the customer's chat by those who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aftersales.domain.accounts import Role
from aftersales.domain.cases import Case, CaseKind, CaseState
from aftersales.services.complaints import Visitor
from aftersales.services.conversations import history
from tests.desk.agents import agent, problem, words
from tests.desk.test_cases import complain, state, visit
from tests.desk.test_chat_matters import actions, matter
from tests.desk.test_chat_returns import chat_of
from tests.desk.test_desk import soup
from tests.fronts import Front, open_front
from tests.goods import COAT, NUMBER


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def told(front: Front, visitor: Visitor) -> list[str]:
    said, _ = await history(front.goods.ctx, conversation_id=visitor.conversation_id, after=0)
    return [message.text for message in said]


async def claim_of(front: Front, visitor: Visitor, **changes: Any) -> Case:
    about = {"kind": CaseKind.NOT_DELIVERED, "reason": "overdue", "order_number": NUMBER, "wish": "refund"}
    return await complain(front, visitor, **(about | changes))


async def test_a_return_that_waits_is_approved_in_the_chat(front: Front) -> None:
    item = await front.goods.ask((COAT, 1), comment="<b>too small</b>")
    async with agent(front) as wei:
        chat = await chat_of(wei)
        shown = matter(await wei.look(f"chats/{chat}"), f"return-{item.number}")
        for part in ("Waiting for approval", "1 × l-coat", "<b>too small</b>", "2,000.00", item.rule_id):
            assert part in shown
        assert "拒绝理由" in matter(await wei.look(f"chats/{chat}", lang="zh"), f"return-{item.number}")
        done = await wei.do(f"{chat}/returns/{item.number}/approve")
        assert done.headers["location"] == f"/desk/chats/{chat}?lang=en&done=1"
        assert (await front.goods.item(item)).state == "awaiting_parcel"
        assert soup(await wei.look(f"chats/{chat}")).select_one(f"#return-{item.number}") is None
        late = await wei.do(f"{chat}/returns/{item.number}/reject", reason="too late")
        assert (late.status_code, "state has changed" in problem(late)) == (409, True)


async def test_a_return_is_rejected_with_a_reason_and_not_without(front: Front) -> None:
    item = await front.goods.ask((COAT, 1))
    async with agent(front) as wei:
        chat = await chat_of(wei)
        back = await wei.do(f"{chat}/returns/{item.number}/reject", reason=" ")
        assert (back.status_code, "Please give a reason" in problem(back)) == (422, True)
        assert soup(back).select_one(f"details[open] > #return-{item.number}-reject") is not None
        assert (await wei.do(f"{chat}/returns/{item.number}/reject", reason="worn")).status_code == 303
        assert (await front.goods.item(item)).state == "rejected"


async def test_who_may_not_decide_sees_the_state_and_who_may(front: Front) -> None:
    item = await front.goods.ask((COAT, 1))
    visitor = await visit(front)
    case = await complain(front, visitor, order_number=NUMBER)
    async with agent(front, "fei", Role.FINANCE) as fei:
        page = await fei.look(f"chats/{visitor.conversation_id}")
        for id in (f"return-{item.number}", f"case-{case.number}"):
            assert "Who may do it: Agent, Supervisor, Administrator" in matter(page, id)
        assert actions(page) == {"compensate"}
        for path in (f"returns/{item.number}/approve", f"cases/{case.number}/close"):
            refused = await fei.do(f"{visitor.conversation_id}/{path}")
            assert (refused.status_code, problem(refused)) == (403, "Your account may not do that.")
        assert (await front.goods.item(item)).state == "requested"


async def test_a_claim_is_settled_in_the_chat_with_words_to_the_customer(front: Front) -> None:
    visitor = await visit(front)
    claim = await claim_of(front, visitor)
    async with agent(front) as wei:
        chat = visitor.conversation_id
        page = await wei.look(f"chats/{chat}")
        shown = matter(page, f"case-{claim.number}")
        for part in ("Not delivered", "Wish Refund", "Settle the claim", "Send again", "Decline"):
            assert part in shown
        path = f"{chat}/cases/{claim.number}/settle"
        typed = {"text": "Money <b>", "reply_id": "s1", "amount": "1,0", "decision": "refund"}
        back = await wei.do(path, as_script=False, **typed)
        assert (back.status_code, "digits and a point only" in problem(back)) == (422, True)
        form = soup(back).select_one(f"details[open] > #case-{claim.number}-settle")
        assert form is not None
        assert form.select_one("textarea").get_text() == "Money <b>"  # type: ignore[union-attr]
        assert "nothing in it yet" in problem(await wei.do(path, text=" ", reply_id="s1", decision="refund"))
        for _ in range(2):
            settled = {"text": "You get it back.", "reply_id": "s1", "decision": "refund"}
            assert (await wei.do(path, as_script=False, **settled)).status_code == 303
        assert (await state(front, visitor, claim))[0] is CaseState.RESOLVED
        assert (await told(front, visitor)).count("You get it back.") == 1
        assert soup(await wei.look(f"chats/{chat}")).select_one(f"#case-{claim.number}") is None


async def test_a_complaint_is_compensated_up_to_what_can_be_given_and_resolved(front: Front) -> None:
    visitor = await visit(front)
    case = await complain(front, visitor, order_number=NUMBER)
    async with agent(front) as wei:
        chat = visitor.conversation_id
        path = f"{chat}/cases/{case.number}"
        assert "can still be given" in matter(await wei.look(f"chats/{chat}"), f"case-{case.number}")
        over = await wei.do(f"{path}/compensate", amount="100000", text="Sorry", reply_id="c1")
        assert (over.status_code, "more than can still be given" in problem(over)) == (409, True)
        for _ in range(2):
            given = await wei.do(f"{path}/compensate", amount="5", text="Sorry", reply_id="c1")
            assert given.status_code == 303
        assert "5.00" in words(await wei.look(f"chats/{chat}"))
        resolved = await wei.do(f"{path}/reply", text="All settled.", reply_id="r1", kind="resolution")
        assert resolved.status_code == 303
        assert (await state(front, visitor, case))[0] is CaseState.RESOLVED
        assert await told(front, visitor) == ["Sorry", "All settled."]


async def test_a_case_is_closed_in_the_chat_and_one_about_a_return_is_decided_by_the_return(front: Front) -> None:
    await front.goods.ask((COAT, 1))
    visitor = await visit(front)
    case = await complain(front, visitor)
    async with agent(front) as wei:
        chat = visitor.conversation_id
        page = await wei.look(f"chats/{chat}")
        assert "Return waits for approval" in words(page)
        assert len(soup(page).select("#region-packet form[action*='/close?']")) == 1
        assert (await wei.do(f"{chat}/cases/{case.number}/close")).status_code == 303
        assert (await state(front, visitor, case))[0] is CaseState.CLOSED
