from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from aftersales.domain.conversations import Conversation
from aftersales.domain.errors import Unavailable
from aftersales.domain.preferences import Preferences
from aftersales.domain.signed_links import LinkTo, name_of_customer
from aftersales.ports import Mail
from aftersales.services.context import Context
from aftersales.services.preferences import set_preferences, unsubscribe
from aftersales.services.refund_submission import reconcile_due, submit_due
from aftersales.services.returns import receive_return
from aftersales.services.sessions import open_session
from aftersales.stores.mailbox import EmbeddedMailbox
from aftersales.stores.schema.returns import outbox
from runtime.jobs import deliver_outbox, make_handlers, make_jobs
from tests.databases import DATABASES
from tests.fakes import FakeBot, ListNotifier
from tests.goods import SOCKS, Goods, open_goods


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield opened


async def put(ctx: Context, kind: str, payload: dict[str, Any], *, key: str = "k") -> None:
    async with ctx.unit_of_work() as uow:
        await uow.outbox.add(kind=kind, key=key, payload=payload, due_at=ctx.clock.now())


async def deliver(goods: Goods, notifier: ListNotifier | None = None) -> int:
    handlers = make_handlers(goods.ctx, notifier or ListNotifier(), shop_name="Foothill")
    return await deliver_outbox(goods.ctx, handlers)


async def talk(goods: Goods) -> Conversation:
    _, conversation = await open_session(goods.ctx, channel="web", language="en", customer_id="c-lin")
    return conversation


async def said(goods: Goods, conversation: Conversation) -> list[str]:
    async with goods.ctx.unit_of_work() as uow:
        return [message.text for message in await uow.messages.after(conversation.id, 0)]


async def test_the_customer_hears_of_receipt_and_refund_once(goods: Goods) -> None:
    conversation = await talk(goods)
    before = len(await said(goods, conversation))
    item = await goods.ask((SOCKS, 1), conversation_id=conversation.id)
    await receive_return(goods.ctx, number=item.number, actor="agent:a1")
    await submit_due(goods.ctx)
    goods.clock.advance(seconds=5)
    await reconcile_due(goods.ctx)
    assert await deliver(goods) == 2
    assert await deliver(goods) == 0
    received, refunded = (await said(goods, conversation))[before:]
    assert received.startswith(f"utter_returns_received/en number={item.number}")
    assert refunded.startswith("utter_refunds_succeeded/en amount=CN¥30.00")


async def test_news_for_a_conversation_that_is_gone_is_dropped(goods: Goods) -> None:
    await put(goods.ctx, "tell", {"conversation_id": "gone", "response": "utter_x", "parameters": {}})
    assert await deliver(goods) == 1
    goods.clock.advance(hours=2)
    assert await deliver(goods) == 0


def code_mail(goods: Goods, *, minutes: int = 10) -> dict[str, Any]:
    expires_at = goods.clock.now() + timedelta(minutes=minutes)
    return {
        "to": "lin@example.com",
        "response": "mail_code",
        "language": "zh",
        "parameters": {"code": "123456"},
        "expires_at": expires_at.isoformat(),
    }


async def test_a_mail_is_sent_once_and_then_forgotten(goods: Goods) -> None:
    notifier = ListNotifier()
    await put(goods.ctx, "mail", code_mail(goods))
    await deliver(goods, notifier)
    await deliver(goods, notifier)
    [mail] = notifier.sent.values()
    assert mail.text.startswith("utter_mail_code/zh code=123456 shop=Foothill\n\n-- \nFoothill\n")
    assert ">123456</p>" in mail.html
    assert "http" not in mail.text + mail.html + mail.unsubscribe
    assert mail.subject.startswith("utter_mail_code_subject/zh")
    async with goods.engine.connect() as connection:
        assert (await connection.execute(select(outbox.c.payload))).scalar_one() == {}


def news_mail(*, response: str = "refunds_succeeded") -> dict[str, Any]:
    return {
        "to": "lin@example.com",
        "response": response,
        "language": "en",
        "parameters": {"number": "RT2026112100001", "order": "RD1", "amount": "30.00", "currency": "CNY"},
        "news": True,
        "customer_id": "c-lin",
    }


async def test_news_have_a_button_to_the_page_and_a_way_to_end_them(goods: Goods) -> None:
    notifier = ListNotifier()
    await put(goods.ctx, "mail", news_mail())
    await deliver(goods, notifier)
    [mail] = notifier.sent.values()
    assert mail.subject.startswith("utter_mail_subject_refund_sent/en")
    assert "amount=CN¥30.00" in mail.text
    now = goods.clock.now()
    status = goods.ctx.links.link("RT2026112100001", now=now, to=LinkTo.RETURN)
    preferences = goods.ctx.links.link(name_of_customer("c-lin"), now=now, to=LinkTo.PREFERENCES)
    for words in (mail.text, mail.html):
        assert status in words
        assert preferences in words
    assert mail.unsubscribe == f"{preferences}/off"


async def test_an_address_that_was_refused_for_good_gets_codes_and_no_more_news(goods: Goods) -> None:
    notifier = ListNotifier()
    notifier.refuses = "recipient"
    await put(goods.ctx, "mail", news_mail(), key="1")
    await deliver(goods, notifier)
    notifier.refuses = ""
    await put(goods.ctx, "mail", news_mail(), key="2")
    await put(goods.ctx, "mail", code_mail(goods), key="3")
    await deliver(goods, notifier)
    assert list(notifier.sent) == ["3"]


async def test_who_has_unsubscribed_meanwhile_gets_no_mail(goods: Goods) -> None:
    notifier = ListNotifier()
    await put(goods.ctx, "mail", news_mail())
    await unsubscribe(goods.ctx, customer_id="c-lin", channel="test")
    await deliver(goods, notifier)
    assert notifier.sent == {}


async def test_news_are_in_the_language_that_was_chosen_by_then(goods: Goods) -> None:
    notifier = ListNotifier()
    await put(goods.ctx, "mail", news_mail())
    await set_preferences(goods.ctx, Preferences(customer_id="c-lin", language="zh"), channel="test")
    await deliver(goods, notifier)
    [mail] = notifier.sent.values()
    assert mail.subject.startswith("utter_mail_subject_refund_sent/zh")
    assert 'lang="zh-CN"' in mail.html


async def test_what_makes_sense_in_the_talk_alone_is_not_mailed(goods: Goods) -> None:
    notifier = ListNotifier()
    await put(goods.ctx, "mail", news_mail(response="session_bot_trouble"))
    assert await deliver(goods, notifier) == 1
    assert notifier.sent == {}


async def test_a_mail_that_is_no_longer_of_use_is_dropped(goods: Goods) -> None:
    notifier = ListNotifier()
    await put(goods.ctx, "mail", code_mail(goods, minutes=1))
    goods.clock.advance(minutes=2)
    assert await deliver(goods, notifier) == 1
    assert notifier.sent == {}


async def test_a_mail_that_is_refused_for_good_is_not_tried_again_and_its_address_not_logged(goods: Goods) -> None:
    notifier = ListNotifier()
    notifier.refuses = "recipient"
    await put(goods.ctx, "mail", code_mail(goods))
    with capture_logs() as logs:
        assert await deliver(goods, notifier) == 1
    assert [(line["event"], line["reason"]) for line in logs] == [("mail_refused", "recipient")]
    assert "lin@example.com" not in str(logs)
    goods.clock.advance(hours=2)
    assert await deliver(goods, notifier) == 0


async def test_what_fails_is_tried_again_later_and_holds_up_nothing(goods: Goods) -> None:
    notifier = ListNotifier()
    notifier.down = True
    conversation = await talk(goods)
    before = len(await said(goods, conversation))
    await put(goods.ctx, "mail", code_mail(goods), key="a")
    news = {"conversation_id": conversation.id, "response": "utter_x", "parameters": {}}
    await put(goods.ctx, "tell", news, key="b")
    with pytest.raises(Unavailable):
        await deliver(goods, notifier)
    assert len(await said(goods, conversation)) == before + 1
    notifier.down = False
    assert await deliver(goods, notifier) == 0
    goods.clock.advance(seconds=2)
    assert await deliver(goods, notifier) == 1
    assert len(notifier.sent) == 1


async def test_an_unknown_kind_is_kept_and_reported(goods: Goods) -> None:
    await put(goods.ctx, "carrier_pigeon", {})
    with pytest.raises(KeyError):
        await deliver(goods)
    goods.clock.advance(seconds=3)
    with pytest.raises(KeyError):
        await deliver(goods)


async def test_mails_are_forgotten_after_a_day(goods: Goods) -> None:
    mailbox = EmbeddedMailbox(goods.engine, goods.clock)
    await mailbox.send(Mail(to="a@example.com", subject="old", text="123456"), key="old")
    goods.clock.advance(hours=23)
    await mailbox.send(Mail(to="a@example.com", subject="new", text="654321"), key="new")
    jobs = make_jobs(
        goods.ctx,
        {},
        FakeBot(),
        forget_mails=mailbox.forget_old,
        audit_key=b"k",
        assigns=True,
        attachments=Path("attachments"),
        outlets={},
    )
    [job] = [job for job in jobs if job.name == "forget_mails"]
    await job.run()
    assert [mail.subject for mail in await mailbox.list_mails()] == ["old", "new"]
    goods.clock.advance(hours=1)
    await job.run()
    assert [mail.subject for mail in await mailbox.list_mails()] == ["new"]


async def test_news_for_a_phone_wait_for_the_morning(goods: Goods) -> None:
    _, conversation = await open_session(goods.ctx, channel="wechat", language="zh", customer_id="c-lin")
    goods.clock.advance(hours=3)  # 23:00 in Shanghai
    news = {"conversation_id": conversation.id, "response": "utter_x", "parameters": {}}
    await put(goods.ctx, "tell", news)
    assert await deliver(goods) == 1
    goods.clock.advance(hours=8)
    assert await deliver(goods) == 0
    assert await said(goods, conversation) == []
    goods.clock.advance(hours=1)
    await deliver(goods)
    assert await said(goods, conversation) == ["utter_x/zh"]
