"""Cases and feedback at the desk: evidence, what a person may do with a case, and what customers say of us."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aftersales.domain.bounces import BounceKind
from aftersales.domain.cases import Case, CaseKind, CaseState, Severity
from aftersales.domain.feedback import FeedbackKind
from aftersales.domain.payment_methods import PaymentMethod
from aftersales.services.attachments import store_attachment
from aftersales.services.bounces import note_bounce
from aftersales.services.complaints import Visitor, access_case, file_customer_case
from aftersales.services.conversations import history
from aftersales.services.feedback import give_feedback
from aftersales.services.overview import refunds_of_order
from aftersales.services.promise_watch import watch_promises
from aftersales.services.refund_disputes import accept_told
from aftersales.services.refund_submission import submit_due
from aftersales.services.sessions import open_session
from tests.desk.test_desk import decide, forms, page, sign_in, soup
from tests.desk.test_refunds import add, tell_less
from tests.fronts import Front, open_front
from tests.goods import NUMBER


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as front:
        yield front


async def visit(front: Front, customer_id: str | None = "c-lin") -> Visitor:
    _, talk = await open_session(front.goods.ctx, channel="web", language="zh", customer_id=customer_id)
    return Visitor(conversation_id=talk.id, customer_id=customer_id)


async def complain(front: Front, visitor: Visitor, **changes: Any) -> Case:
    wanted: dict[str, Any] = {
        "kind": CaseKind.COMPLAINT,
        "reason": "quality",
        "details": "<b>broken</b>",
        "key": "k1",
    }
    return await file_customer_case(front.goods.ctx, visitor, **(wanted | changes))


async def state(front: Front, visitor: Visitor, case: Case) -> tuple[CaseState, str | None]:
    now = (await access_case(front.goods.ctx, visitor, number=case.number)).case
    return now.state, now.assigned_to


async def test_a_complaint_shows_who_answers_and_how_urgent_it_is(front: Front) -> None:
    visitor = await visit(front)
    case = await complain(front, visitor, severity=Severity.URGENT, order_number=NUMBER, wish="refund")
    await sign_in(front)
    for path in ("cases", f"cases/{case.number}"):
        shown = soup(await page(front, path)).get_text(" ", strip=True)
        for words in (case.number, "Urgent", "quality team", NUMBER, "<b>broken</b>", "Quality of goods"):
            assert words in shown
    assert "品质组" in (await page(front, f"cases/{case.number}", lang="zh")).text


async def test_a_guest_s_complaint_is_marked_as_unproven(front: Front) -> None:
    case = await complain(front, await visit(front, None), reason="service")
    await sign_in(front)
    assert "identity not proven" in (await page(front, f"cases/{case.number}")).text


async def test_a_case_is_taken_asked_about_and_resolved(front: Front) -> None:
    visitor = await visit(front)
    case = await complain(front, visitor)
    await sign_in(front)
    there = f"/desk/cases/{case.number}?lang=en&done=1"
    assert await decide(front, f"cases/{case.number}/assign") == there
    assert await state(front, visitor, case) == (CaseState.ASSIGNED, "agent:owner")
    question = {"text": "Which day?", "reply_id": "q1", "kind": "question"}
    assert await decide(front, f"cases/{case.number}/reply", **question) == there
    assert (await state(front, visitor, case))[0] is CaseState.WAITING_CUSTOMER
    result = {"text": "Refunded.", "reply_id": "r1", "kind": "resolution"}
    assert await decide(front, f"cases/{case.number}/reply", **result) == there
    assert (await state(front, visitor, case))[0] is CaseState.RESOLVED
    shown = await page(front, f"cases/{case.number}")
    assert "Asked the customer" in shown.text
    assert f"/desk/cases/{case.number}/assign?lang=en" not in forms(shown)
    said, _ = await history(front.goods.ctx, conversation_id=visitor.conversation_id, after=0)
    assert [message.text for message in said] == ["Which day?", "Refunded."]


async def test_a_claim_is_settled_with_words_to_the_customer(front: Front) -> None:
    visitor = await visit(front)
    claim = await complain(
        front, visitor, kind=CaseKind.NOT_DELIVERED, reason="overdue", order_number=NUMBER, wish="refund"
    )
    await sign_in(front)
    for wrong in ({"decision": "gift"}, {"decision": "refund"}):
        fields = {"text": "", "reply_id": "s1", **wrong}
        assert "problem=bad_request" in await decide(front, f"cases/{claim.number}/settle", **fields)
    settled = {"text": "You get your money back.", "reply_id": "s1", "decision": "refund"}
    assert "done=1" in await decide(front, f"cases/{claim.number}/settle", **settled)
    shown = soup(await page(front, f"cases/{claim.number}")).get_text(" ", strip=True)
    assert "Refund" in shown
    assert "Refund waits for approval" in (await page(front, "cases")).text


async def test_evidence_is_seen_by_those_who_are_signed_in_alone(front: Front) -> None:
    visitor = await visit(front)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    folder = front.settings.data / "attachments"
    stored = await store_attachment(
        front.goods.ctx,
        folder=folder,
        conversation_id=visitor.conversation_id,
        name="sole.png",
        content=picture.getvalue(),
    )
    case = await complain(front, visitor, attachment_ids=[stored.id])
    other = await complain(front, await visit(front, "c-emma"), key="k2")
    address = f"/desk/cases/{case.number}/files/{stored.id}"
    refused = await front.client.get(address)
    assert (refused.status_code, refused.headers["location"].split("?")[0]) == (303, "/desk/sign-in")
    await sign_in(front)
    image = soup(await page(front, f"cases/{case.number}")).select_one("img.evidence")
    assert image is not None
    assert image["src"] == address
    shown = await front.client.get(address)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert "sandbox" in shown.headers["content-security-policy"]
    foreign = await front.client.get(f"/desk/cases/{other.number}/files/{stored.id}")
    assert "problem=not_found" in foreign.headers["location"]


async def test_an_approval_case_leads_to_its_return(front: Front) -> None:
    item = await front.goods.ask(("l-coat", 1))
    [case] = await front.goods.cases()
    assert (case.return_number, case.order_number) == (item.number, NUMBER)
    await sign_in(front)
    link = soup(await page(front, f"cases/{case.number}")).find("a", href=f"/desk/?lang=en#{item.number}")
    assert link is not None
    assert soup(await page(front)).find(id=item.number) is not None


async def test_feedback_is_listed_with_its_average(front: Front) -> None:
    await sign_in(front)
    assert "There is no feedback yet." in (await page(front, "feedback")).text
    for key, rating in (("a", 5), ("b", 4)):
        await give_feedback(
            front.goods.ctx,
            conversation_id="conv",
            customer_id=None,
            kind=FeedbackKind.RATING,
            rating=rating,
            comment="<i>quick</i>",
            key=key,
        )
    shown = await page(front, "feedback")
    assert "4.5 ★ · 2 ratings" in soup(shown).get_text(" ", strip=True)
    assert "<i>quick" not in shown.text
    assert "近 7 天平均" in (await page(front, "feedback", lang="zh")).text


async def test_a_refund_that_no_provider_pays_is_recorded_on_its_case(front: Front) -> None:
    await front.goods.pay_with("p-gift", PaymentMethod.CASH_ON_DELIVERY, by_itself=False)
    item = await front.goods.arrived(("l-socks", 1))
    part = next(r for r in await front.goods.refunds(item) if r.payment_id == "p-gift")
    [case] = await front.goods.cases()
    await sign_in(front)
    assert "To be paid by hand" in (await page(front, f"cases/{case.number}")).text
    for wrong in ({"name": "../x", "reference": "a"}, {"name": part.id, "reference": " "}):
        assert "problem=bad_request" in await decide(front, f"cases/{case.number}/paid-by-hand", **wrong)
    fields = {"name": part.id, "reference": "<b>bank</b> 4711"}
    assert "done=1" in await decide(front, f"cases/{case.number}/paid-by-hand", **fields)
    shown = await page(front, f"cases/{case.number}")
    assert "by hand" in shown.text
    assert "<b>bank" not in shown.text
    assert await front.goods.cases() == []


async def test_a_complaint_is_compensated_within_its_limit(front: Front) -> None:
    visitor = await visit(front)
    case = await complain(front, visitor, order_number=NUMBER)
    await sign_in(front)
    assert "Up to CN¥200.00 can still be given" in (await page(front, f"cases/{case.number}")).text
    said = {"text": "Sorry.", "reply_id": "c1"}
    for wrong in ("", "x", "-1", "0", "1,000", "1e2", " 12", "12.345", "１２", "NaN"):
        answer = await decide(front, f"cases/{case.number}/compensate", amount=wrong, **said)
        assert answer == f"/desk/cases/{case.number}?lang=en&problem=amount"
    assert "Write the amount with digits and a point only" in (await front.client.get(answer)).text
    assert "problem=conflict" in await decide(front, f"cases/{case.number}/compensate", amount="200.01", **said)
    for _ in range(2):
        assert "done=1" in await decide(front, f"cases/{case.number}/compensate", amount="40.50", **said)
    shown = soup(await page(front, f"cases/{case.number}")).get_text(" ", strip=True)
    assert "Up to CN¥159.50" in shown
    assert "CN¥40.50" in shown
    assert "可以补偿 ¥159.50" in (await page(front, f"cases/{case.number}", lang="zh")).text


async def test_what_the_provider_paid_less_of_a_compensation_is_refunded_from_its_case(front: Front) -> None:
    case = await complain(front, await visit(front), order_number=NUMBER)
    await sign_in(front)
    where = f"cases/{case.number}"
    given = {"amount": "40.50", "text": "Sorry.", "reply_id": "c1"}
    assert "done=1" in await decide(front, f"{where}/compensate", **given)
    await submit_due(front.goods.ctx)
    [refund] = await refunds_of_order(front.goods.ctx, order_number=NUMBER)
    await tell_less(front, refund, minor=3000)
    assert "grant-again" not in " ".join(forms(await page(front, where)))
    wei = await add(front, "wei")  # a second person: the owner gave the compensation
    await accept_told(front.goods.ctx, refund_id=refund.id, account=wei, reason="as their books say")
    assert "CN¥10.50 of it is still owed" in soup(await page(front, where)).get_text(" ", strip=True)
    assert "还有 ¥10.50 没有退" in soup(await page(front, where, lang="zh")).get_text(" ", strip=True)
    for _ in range(2):  # a second press grants nothing more
        assert "done=1" in await decide(front, f"{where}/grant-again", name=refund.cause_number)
    amounts = [found.amount for found in await refunds_of_order(front.goods.ctx, order_number=NUMBER)]
    assert sorted(amount.minor for amount in amounts) == [1050, 3000]
    assert "still owed" not in (await page(front, where)).text


async def test_a_price_that_fell_is_paid_back_from_the_case_of_the_complaint(front: Front) -> None:
    await front.goods.set_price("l-shoes-v", 11900)
    case = await complain(front, await visit(front), reason="price", order_number=NUMBER)
    await sign_in(front)
    assert "By our prices of today, CN¥20.00 is owed." in (await page(front, f"cases/{case.number}")).text
    assert "problem=conflict" in await decide(front, f"cases/{case.number}/price-drop", amount="30.00")
    assert "done=1" in await decide(front, f"cases/{case.number}/price-drop", amount="20.00")
    assert "is owed" not in (await page(front, f"cases/{case.number}")).text


async def test_a_claim_is_refunded_with_the_amount_that_a_person_names(front: Front) -> None:
    visitor = await visit(front)
    claim = await complain(front, visitor, kind=CaseKind.PAYMENT, reason="wrong_amount", order_number=NUMBER)
    await sign_in(front)
    said = {"text": "You get 12.00 back.", "reply_id": "s1", "decision": "refund"}
    for wrong in ("", " ", "0", "12,00"):  # none was charged too much: without an amount nothing is owed
        assert "problem=amount" in await decide(front, f"cases/{claim.number}/settle", amount=wrong, **said)
    assert "done=1" in await decide(front, f"cases/{claim.number}/settle", amount="12.00", **said)
    shown = soup(await page(front, f"cases/{claim.number}")).get_text(" ", strip=True)
    assert "CN¥12.00" in shown
    assert "Claim AD" in shown


async def test_the_list_can_show_what_is_overdue_or_due_soon_alone(front: Front) -> None:
    late = await complain(front, await visit(front), reason="service")
    front.goods.clock.advance(hours=25)
    soon = await complain(front, await visit(front), reason="service", key="k2")
    front.goods.clock.advance(hours=20)
    fresh = await complain(front, await visit(front), reason="quality", key="k3")
    await sign_in(front)
    numbers = {case.number for case in (late, soon, fresh)}
    for wish, expected in (("overdue", [late]), ("soon", [soon]), ("", [late, soon, fresh])):
        shown = (await page(front, "cases", show=wish)).text
        assert {number for number in numbers if number in shown} == {case.number for case in expected}
    shown = soup(await page(front, f"cases/{late.number}")).get_text(" ", strip=True)
    assert "Answer due" in shown
    assert "Overdue" in shown


async def test_the_desk_shows_what_was_promised_and_what_was_broken(front: Front) -> None:
    case = await complain(front, await visit(front), reason="service")
    await sign_in(front)
    shown = soup(await page(front, "promises")).get_text(" ", strip=True)
    assert case.number in shown
    assert "Answer to a case" in shown
    front.goods.clock.advance(hours=25)
    await watch_promises(front.goods.ctx)
    await sign_in(front)
    assert case.number not in (await page(front, "promises")).text
    broken = soup(await page(front, "promises", show="broken")).get_text(" ", strip=True)
    assert case.number in broken
    assert "not kept yet 1" in broken
    assert "没有按时兑现" in (await page(front, "promises", lang="zh")).text


async def test_a_case_is_sorted_and_merged_at_the_desk(front: Front) -> None:
    visitor = await visit(front)
    case, other = (
        await complain(front, visitor),
        await complain(front, visitor, key="k2", details="the same again"),
    )
    await sign_in(front)
    wanted = {"severity": "urgent", "department": "service"}
    assert "problem=bad_request" in await decide(front, f"cases/{case.number}/reclassify", reason="", **wanted)
    assert "done=1" in await decide(front, f"cases/{case.number}/reclassify", reason="wrong team", **wanted)
    shown = soup(await page(front, f"cases/{case.number}")).get_text(" ", strip=True)
    assert "customer care team" in shown
    assert "Urgent" in shown
    assert "done=1" in await decide(front, f"cases/{other.number}/merge", into=case.number.lower())
    shown = soup(await page(front, f"cases/{case.number}")).get_text(" ", strip=True)
    assert f"Duplicate {other.number}" in shown
    assert "the same again" in shown
    assert f"Merged into {case.number}" in soup(await page(front, f"cases/{other.number}")).get_text(
        " ", strip=True
    )


async def test_the_page_of_a_case_says_when_mails_to_its_customer_come_back(front: Front) -> None:
    case = await complain(front, await visit(front))
    await sign_in(front)
    path, words = f"cases/{case.number}", "Mails come back"
    assert words not in soup(await page(front, path)).get_text(" ", strip=True)
    await note_bounce(front.goods.ctx, address="c-lin@example.com", kind=BounceKind.HARD, channel="smtp")
    assert words in soup(await page(front, path)).get_text(" ", strip=True)
