"""News from the outbox to a mailbox: the words of the shop, a real SMTP server, the handlers of the worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from aftersales.domain.errors import Unavailable
from aftersales.services.bounces import is_given_up
from connectors.email.outbound import SmtpServer
from runtime.jobs import deliver_outbox, make_handlers
from runtime.notifiers import open_notifier
from runtime.settings import Settings
from runtime.texts import RESPONSES, ResponseTexts
from tests.connectors.email.smtp import Inbox, smtp_server
from tests.databases import DATABASES
from tests.goods import Goods, open_goods

NUMBER = "RT2026112100001"


@pytest.fixture(params=DATABASES)
async def goods(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods(request.param, tmp_path) as opened:
        yield replace(opened, ctx=replace(opened.ctx, texts=ResponseTexts(RESPONSES)))


def settings(server: SmtpServer) -> Settings:
    return Settings(
        _env_file=None,
        smtp_host=server.host,
        smtp_port=server.port,
        smtp_security=server.security,
        smtp_from="service@shop.example",
        shop_name="山前 Foothill",
    )


async def put(goods: Goods, language: str, *, key: str = "refund-succeeded:1") -> None:
    payload = {
        "to": "c-lin@example.com",
        "response": "refunds_succeeded",
        "language": language,
        "parameters": {"number": NUMBER, "order": "RD1", "amount": "30.00", "currency": "CNY"},
        "news": True,
        "customer_id": "c-lin",
    }
    async with goods.ctx.unit_of_work() as uow:
        await uow.outbox.add(kind="mail", key=key, payload=payload, due_at=goods.clock.now())


async def deliver(goods: Goods, server: SmtpServer) -> None:
    async with open_notifier(settings(server)) as notifier:
        handlers = make_handlers(goods.ctx, notifier, shop_name="山前 Foothill")
        await deliver_outbox(goods.ctx, handlers)


def parts(inbox: Inbox) -> tuple[str, str]:
    plain, html = inbox.mails[-1].iter_parts()
    page = BeautifulSoup(html.get_content(), "html.parser")
    return plain.get_content(), " ".join(page.body.get_text(" ").split()) if page.body else ""


async def test_news_arrive_in_the_shop_s_words_in_both_languages(goods: Goods) -> None:
    async with smtp_server() as (inbox, server):
        await put(goods, "zh", key="a")
        await put(goods, "en", key="b")
        await deliver(goods, server)
    chinese, english = inbox.mails
    assert (chinese["subject"], english["subject"]) == (f"退款已退回：{NUMBER}", f"Refund sent for {NUMBER}")
    assert str(english["from"]) == "山前 Foothill <service@shop.example>"
    for words in parts(inbox):
        assert f"Your refund of CN¥30.00 has gone to your original payment method (reference {NUMBER})." in words
    assert english["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


async def test_what_is_put_off_arrives_later_and_once(goods: Goods) -> None:
    async with smtp_server() as (inbox, server):
        inbox.after_data.append("451 4.3.0 later")
        await put(goods, "zh")
        with pytest.raises(Unavailable):
            await deliver(goods, server)
        goods.clock.advance(seconds=3)
        await deliver(goods, server)
        await deliver(goods, server)
    assert len(inbox.mails) == 1


async def test_an_address_that_is_refused_is_given_up_and_asked_no_more(goods: Goods) -> None:
    async with smtp_server() as (inbox, server):
        inbox.refusals.append("550 5.1.1 unknown")
        await put(goods, "zh", key="a")
        await deliver(goods, server)
        await put(goods, "zh", key="b")
        await deliver(goods, server)
    assert inbox.tries == 1
    async with goods.ctx.unit_of_work(read_only=True) as uow:
        assert await is_given_up(uow, "c-lin@example.com")
