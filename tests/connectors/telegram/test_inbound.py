"""What Telegram tells, as the front takes it: a real front, a real database, and the simulator on a port."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from aftersales.domain.channels import Option, Push, PushKind, Sender, Words
from connectors.telegram.client import TelegramClient, TelegramSettings
from connectors.telegram.outbound import TelegramChannel
from runtime.buckets import Buckets
from runtime.cli_telegram import connect_bot
from runtime.problems import CannotStart
from runtime.settings import Settings
from tests.connectors.telegram.simulator import BOT, TOKEN, TelegramSimulator, open_telegram
from tests.databases import DATABASES
from tests.fakes import NOON
from tests.fronts import Front, open_front

SECRET = "secret-of-the-webhook-0123"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@dataclass(frozen=True, slots=True)
class Shop:
    front: Front
    telegram: TelegramSimulator

    async def told(self, customer: int = 501) -> Sequence[Push]:
        """What is kept of the customer, in order."""
        sender = Sender("telegram", str(BOT), str(customer))
        async with self.front.goods.ctx.unit_of_work() as uow:
            stored = await uow.pushes.waiting(sender, before=NOON + timedelta(days=1), limit=100)
        return [one.push for one in stored]

    async def bodies(self) -> list[tuple[PushKind, dict[str, Any]]]:
        bodies = [(push.kind, dict(push.body)) for push in await self.told()]
        return [(kind, {name: body[name] for name in body if name != "language"}) for kind, body in bodies]

    async def raw(self, body: bytes, *, secret: str = SECRET) -> httpx.Response:
        return await self.telegram.tell_raw(body, secret=secret, tries=1)


def connected(**changes: Any) -> dict[str, Any]:
    return {"telegram_token": SecretStr(TOKEN), "telegram_secret": SecretStr(SECRET), **changes}


@pytest.fixture
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    kind = getattr(request, "param", "sqlite")
    async with (
        open_front(tmp_path, kind=kind, **connected()) as front,
        open_telegram(front.goods.clock.now) as telegram,
    ):
        telegram.webhook = {"url": f"{front.url}/connect/telegram", "secret_token": SECRET}
        yield Shop(front, telegram)


on_each_database = pytest.mark.parametrize("shop", DATABASES, indirect=True)


@on_each_database
async def test_a_text_is_kept_with_its_time_and_order(shop: Shop) -> None:
    lin = shop.telegram.customer()
    assert [(await lin.says(text)).status_code for text in ("我要退货", "鞋子😀")] == [200, 200]
    told = await shop.told()
    assert [push.body["text"] for push in told] == ["我要退货", "鞋子😀"]
    assert {push.sent_at for push in told} == {NOON}
    assert told[0].grant is None


@on_each_database
async def test_the_same_update_again_is_kept_once(shop: Shop) -> None:
    lin = shop.telegram.customer()
    message = {"from": {"id": 501, "is_bot": False}, "chat": lin.chat, **shop.telegram.stamp(), "text": "hi"}
    body = json.dumps({"update_id": 77, "message": message}).encode()
    assert [(await shop.raw(body)).status_code for _ in range(3)] == [200] * 3
    assert len(await shop.told()) == 1


async def test_a_photo_comes_in_its_largest_size_with_its_words(shop: Shop) -> None:
    await shop.telegram.customer().sends_picture(PNG, caption="坏了")
    (kind, body), words = await shop.bodies()
    assert (kind, words) == (PushKind.FILE, (PushKind.TEXT, {"text": "坏了"}))
    async with TelegramChannel(TelegramClient(TelegramSettings(TOKEN, shop.telegram.url))) as channel:
        assert (await channel.fetch(str(BOT), body["media"])).content == PNG


async def test_a_size_above_ten_megabytes_is_passed_over(shop: Shop) -> None:
    small, large = ({"file_id": name, "file_size": size} for name, size in (("s", 9_000_000), ("l", 11_000_000)))
    await shop.telegram.customer().sends(photo=[small, large])
    assert [body["media"] for _, body in await shop.bodies()] == ["s"]


@pytest.mark.parametrize(
    ("parts", "kind", "body"),
    [
        ({"text": "/start"}, PushKind.ENTER, {"scene": ""}),
        ({"text": "/start order-A1"}, PushKind.ENTER, {"scene": "order-A1"}),
        ({"text": "/starting over"}, PushKind.TEXT, {"text": "/starting over"}),
        ({"text": "zero\x00and half\ud800"}, PushKind.TEXT, {"text": "zeroand half"}),
        (
            {"document": {"file_id": "d1", "file_name": "发票.pdf"}},
            PushKind.FILE,
            {"media": "d1", "name": "发票.pdf"},
        ),
        ({"video": {"file_id": "v1"}}, PushKind.FILE, {"media": "v1", "name": ""}),
        ({"voice": {"file_id": "v2", "duration": 3}}, PushKind.VOICE, {}),
        ({"location": {"latitude": 31.2, "longitude": 121.5}}, PushKind.PLACE, {"text": "31.200000, 121.500000"}),
        (
            {
                "venue": {"title": "菜鸟驿站", "address": "人民路 1 号"},
                "location": {"latitude": 1, "longitude": 2},
            },
            PushKind.PLACE,
            {"text": "菜鸟驿站 人民路 1 号"},
        ),
        ({"sticker": {"file_id": "s1"}}, PushKind.UNREADABLE, {}),
        ({"contact": {"phone_number": "1"}}, PushKind.UNREADABLE, {}),
    ],
    ids=str,
)
async def test_each_kind_of_message(parts: dict[str, Any], kind: PushKind, body: Any, shop: Shop) -> None:
    await shop.telegram.customer().sends(**parts)
    assert await shop.bodies() == [(kind, body)]


@pytest.mark.parametrize(
    ("code", "language"), [("zh-hans", "zh"), ("EN-gb", "en"), ("de", None), ("", None), ("zh\x00", None)]
)
async def test_the_language_of_the_customers_app_is_told(code: str, language: str | None, shop: Shop) -> None:
    lin = shop.telegram.customer()
    await lin.sends(**{"from": {"id": 501, "is_bot": False, "language_code": code}, "text": "hi"})
    assert [push.body.get("language") for push in await shop.told()] == [language]


async def test_a_press_on_a_button_is_a_choice_and_confirmed_at_once(shop: Shop) -> None:
    lin = shop.telegram.customer()
    words = Words(text="退哪一件？", options=(Option("101", "鞋"), Option("102", "袜子")))
    async with TelegramChannel(TelegramClient(TelegramSettings(TOKEN, shop.telegram.url))) as channel:
        await channel.send(Sender("telegram", str(BOT), "501"), words, key="k")
    await lin.clicks("袜子")
    assert await shop.bodies() == [(PushKind.CHOICE, {"choice": "102", "text": "袜子"})]
    assert len(lin.confirmed) == 1


async def test_a_press_that_is_not_ours_is_confirmed_and_left_alone(shop: Shop) -> None:
    lin = shop.telegram.customer()
    for data in ("", "/restart", "9" * 21, "1\n"):
        await lin.presses(data, {"chat": lin.chat, "date": 0, "message_id": 1})
    assert (await shop.bodies(), len(lin.confirmed)) == ([], 4)


async def test_groups_bots_blocking_and_what_is_new_are_left_alone(shop: Shop) -> None:
    lin = shop.telegram.customer()
    group = {"chat": {"id": -100123, "type": "supergroup"}}
    left_alone: Sequence[dict[str, Any]] = (
        {**group, "text": "hi"},
        {"from": {"id": 2, "is_bot": True}, "text": "hi"},
        {"pinned_message": {"text": "hi"}},
        {"something_new": {}},
    )
    for parts in left_alone:
        assert (await lin.sends(**parts)).status_code == 200
    assert (await lin.blocks()).status_code == 200
    assert (await shop.telegram.tell({"edited_message": {"text": "hi"}})).status_code == 200
    async with shop.front.goods.engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM pushes")).scalar() == 0


async def test_only_who_knows_the_secret_is_heard_and_guessing_is_slowed_down(shop: Shop) -> None:
    body = b'{"update_id": 1}'
    assert (await shop.raw(body)).status_code == 200
    answers = [(await shop.raw(body, secret=secret)).status_code for secret in ("", "guess", *["x" * 300] * 9)]
    assert (answers[0], answers[1], answers[-1]) == (401, 401, 429)
    assert (await shop.raw(body)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"update_id": NaN}',
        b'{"update_id": "many"}',
        b'{"update_id": -1}',
        b'{"update_id": 1e400}',
        b'{"message": {}}',
        b'{"update_id": 1, "message": []}',
        b'{"update_id": 1, "message": {"date": 99999999999999, "chat": {"id": 5, "type": "private"}}}',
        b'{"update_id": 1, "message": {"date": 1, "chat": {"id": "a", "type": "private"}}}',
        b'{"update_id": 1, "message": {"date": 1, "chat": {"id": 5, "type": "private"}, "voice": {"file_id": 7}}}',
        b'{"update_id": 1, "message": {"date":1, "chat": {"id":5, "type": "private"}, "video": {"file_id": ""}}}',
        b'{"update_id": 1, "callback_query": {"data": "1"}}',
    ],
    ids=range(16),
)
async def test_what_is_no_update_is_one_bad_request(body: bytes, shop: Shop) -> None:
    assert (await shop.raw(body)).status_code == 400


async def test_what_is_too_long_is_not_read(shop: Shop) -> None:
    assert (await shop.raw(b" " * 5_000_000)).status_code == 413


async def test_who_floods_is_not_listened_to_for_a_while(shop: Shop) -> None:
    ctx = shop.front.app.ctx
    ctx.telegram_updates = replace(ctx.telegram_updates, heard=Buckets(3, seconds=3600))
    lin, other = shop.telegram.customer(), shop.telegram.customer(502)
    answers = {(await lin.says(str(number))).status_code for number in range(5)}
    await other.says("hi")
    assert (answers, len(await shop.told()), len(await shop.told(502))) == ({200}, 3, 1)


async def test_without_a_bot_there_is_no_such_address(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        assert (await front.client.post("/connect/telegram", json={"update_id": 1})).status_code == 404


async def test_connecting_tells_telegram_the_address_and_the_secret() -> None:
    async with open_telegram(lambda: NOON) as telegram:
        found = Settings(
            _env_file=None, **connected(public_url="https://desk.example/", telegram_api_url=telegram.url)
        )
        lines = await connect_bot(found)
    assert telegram.webhook == {
        "url": "https://desk.example/connect/telegram",
        "secret_token": SECRET,
        "allowed_updates": ["message", "callback_query"],
    }
    assert lines == ["address: https://desk.example/connect/telegram", "updates that wait: 0"]


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"public_url": ""}, "RETURNDESK_PUBLIC_URL"),
        ({"telegram_token": SecretStr("")}, "RETURNDESK_TELEGRAM_TOKEN"),
        ({"telegram_token": SecretStr(""), "telegram_secret": SecretStr("")}, "RETURNDESK_TELEGRAM_TOKEN"),
        ({"telegram_token": SecretStr(f"{BOT}:another-token-0123456789abcdef")}, "RETURNDESK_TELEGRAM_TOKEN"),
        ({"telegram_secret": SecretStr("with spaces in it")}, "RETURNDESK_TELEGRAM_SECRET"),
    ],
    ids=str,
)
async def test_what_keeps_it_from_being_connected_is_told(changes: dict[str, Any], setting: str) -> None:
    async with open_telegram(lambda: NOON) as telegram:
        given = connected(public_url="https://desk.example", telegram_api_url=telegram.url) | changes
        with pytest.raises(CannotStart, match=setting):
            await connect_bot(Settings(_env_file=None, **given))
