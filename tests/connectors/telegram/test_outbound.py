"""How customers in Telegram are written to, against a simulator of its Bot API on a port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import structlog

from aftersales.domain.channels import Notice, Option, Picture, Refusal, Sender, Sent, Words
from aftersales.domain.errors import Invalid, OutcomeUnknown, Unavailable
from connectors.telegram.client import TelegramClient, TelegramSettings
from connectors.telegram.outbound import TelegramChannel
from tests.connectors.telegram.simulator import (
    BOT,
    FLOOD_SECONDS,
    TOKEN,
    Customer,
    Fault,
    TelegramSimulator,
    open_telegram,
)
from tests.fakes import FrozenClock

KEY = "0123456789abcdef01234567"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
LIN = Sender("telegram", str(BOT), "501")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def telegram(clock: FrozenClock) -> AsyncIterator[TelegramSimulator]:
    async with open_telegram(clock.now) as simulator:
        simulator.customer()
        yield simulator


@pytest.fixture
async def channel(telegram: TelegramSimulator, clock: FrozenClock) -> AsyncIterator[TelegramChannel]:
    settings = TelegramSettings(token=TOKEN, root=telegram.url)
    client = TelegramClient(settings, timeout=2, now=lambda: clock.now().timestamp())
    async with TelegramChannel(client) as opened:
        yield opened


@pytest.fixture
def lin(telegram: TelegramSimulator) -> Customer:
    return telegram.customer()


async def test_a_text_arrives_plainly_without_a_preview_of_its_links(
    channel: TelegramChannel, lin: Customer
) -> None:
    sent = await channel.send(LIN, Words(text="<b>进度</b> https://shop.example/c/1"), key=KEY)
    [message] = lin.received
    assert (message["text"], sent.reference) == (
        "<b>进度</b> https://shop.example/c/1",
        str(message["message_id"]),
    )
    assert message["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in message


async def test_options_are_buttons_that_bring_back_their_ids(channel: TelegramChannel, lin: Customer) -> None:
    await channel.send(LIN, Words(text="退哪一件？", options=(Option("1", "鞋"), Option("2", "袜子"))), key=KEY)
    rows = lin.received[0]["reply_markup"]["inline_keyboard"]
    assert rows == [[{"text": "鞋", "callback_data": "1"}], [{"text": "袜子", "callback_data": "2"}]]


@pytest.mark.parametrize("text", ["退" * 1365, "a" * 4096, "😀" * 1024], ids=["chinese", "ascii", "emoji"])
async def test_the_longest_text_of_the_manners_is_taken(channel: TelegramChannel, text: str) -> None:
    assert len(text.encode()) <= channel.manners.longest_text
    assert (await channel.send(LIN, Words(text=text), key=KEY)).refusal is None


async def test_half_a_character_is_left_out(channel: TelegramChannel, lin: Customer) -> None:
    await channel.send(LIN, Words(text="a\ud83db"), key=KEY)
    assert lin.received[0]["text"] == "ab"


async def test_a_picture_is_sent_as_a_photo(channel: TelegramChannel, lin: Customer) -> None:
    picture = Picture(content=PNG, media_type="image/png", name="label.png")
    assert (await channel.send(LIN, picture, key=KEY)).reference
    assert lin.received[0]["photo"] == PNG


async def test_news_is_an_ordinary_message_with_its_link(channel: TelegramChannel, lin: Customer) -> None:
    notice = Notice(
        response="utter_news", language="en", parameters={}, text="Refunded.", link="https://shop.example/c/1"
    )
    await channel.notify(LIN, notice, key=KEY)
    assert lin.received[0]["text"] == "Refunded.\nhttps://shop.example/c/1"


async def test_who_has_blocked_the_bot_is_gone(channel: TelegramChannel, lin: Customer) -> None:
    lin.blocked = True
    assert await channel.send(LIN, Words(text="a"), key=KEY) == Sent(refusal=Refusal.GONE)
    await channel.show_typing(LIN)


async def test_what_telegram_does_not_take_is_refused_for_good(channel: TelegramChannel) -> None:
    for item in (Words(text=" "), Picture(content=b"GIF", media_type="image/png", name="a.png")):
        assert await channel.send(LIN, item, key=KEY) == Sent(refusal=Refusal.REFUSED)
    stranger = Sender("telegram", str(BOT), "999")
    assert await channel.send(stranger, Words(text="a"), key=KEY) == Sent(refusal=Refusal.REFUSED)


@pytest.mark.parametrize(
    ("fault", "error", "arrives"),
    [
        ("flood", Unavailable, False),
        ("unauthorized", Unavailable, False),
        ("lost_unsent", OutcomeUnknown, False),
        ("lost", OutcomeUnknown, True),
        ("broken", OutcomeUnknown, False),
        ("no_json", OutcomeUnknown, True),
    ],
)
async def test_what_may_have_arrived_is_told_from_what_has_not(
    fault: Fault,
    error: type[Exception],
    arrives: bool,
    channel: TelegramChannel,
    telegram: TelegramSimulator,
    lin: Customer,
) -> None:
    telegram.faults["sendMessage"] = [fault]
    with pytest.raises(error) as caught:
        await channel.send(LIN, Words(text="a"), key=KEY)
    assert (len(lin.received), len(telegram.calls)) == (arrives, 1)
    assert TOKEN not in str(caught.value)


async def test_a_telegram_that_is_not_there_has_not_taken_anything() -> None:
    client = TelegramClient(TelegramSettings(token=TOKEN, root="http://127.0.0.1:9"))
    async with TelegramChannel(client) as channel:
        with pytest.raises(Unavailable):
            await channel.send(LIN, Words(text="a"), key=KEY)


async def test_a_chat_rests_for_as_long_as_telegram_asks(
    channel: TelegramChannel, telegram: TelegramSimulator, clock: FrozenClock
) -> None:
    telegram.customer(502)
    telegram.faults["sendMessage"] = ["flood"]
    for seconds in (0, FLOOD_SECONDS - 1):
        clock.advance(seconds=seconds)
        with pytest.raises(Unavailable):
            await channel.send(LIN, Words(text="a"), key=KEY)
    other = Sender("telegram", str(BOT), "502")
    assert (await channel.send(other, Words(text="a"), key=KEY)).refusal is None
    assert len(telegram.calls) == 2
    clock.advance(seconds=1)
    assert (await channel.send(LIN, Words(text="a"), key=KEY)).refusal is None


async def test_typing_is_shown(channel: TelegramChannel, lin: Customer) -> None:
    await channel.show_typing(LIN)
    assert lin.typing_shown == 1


async def test_a_file_is_fetched_in_two_steps(channel: TelegramChannel, telegram: TelegramSimulator) -> None:
    media = telegram.keep(PNG)["file_id"]
    download = await channel.fetch(str(BOT), media)
    assert (download.content, download.name) == (PNG, f"{media}.jpg")


async def test_a_file_that_is_gone_or_too_large_is_told_apart(
    channel: TelegramChannel, telegram: TelegramSimulator
) -> None:
    large = telegram.keep(bytes(10 * 1024 * 1024 + 1))["file_id"]
    for media, field in (("none", "file_gone"), (large, "file_too_large")):
        with pytest.raises(Invalid) as caught:
            await channel.fetch(str(BOT), media)
        assert caught.value.field == field
    telegram.faults["getFile"] = ["broken"]
    with pytest.raises(Unavailable):
        await channel.fetch(str(BOT), "any")


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret", "photos/../../x"])
async def test_a_path_that_leads_elsewhere_is_not_followed(path: str) -> None:
    client = TelegramClient(TelegramSettings(token=TOKEN, root="http://127.0.0.1:9"))
    with pytest.raises(Invalid):
        await client.download(path)
    await client.close()


async def test_nothing_is_pulled(channel: TelegramChannel) -> None:
    pulled = await channel.pull(str(BOT), cursor="c", token="")
    assert (pulled.pushes, pulled.cursor, pulled.more) == ((), "c", False)


async def test_logs_hold_neither_token_nor_customer(
    channel: TelegramChannel, telegram: TelegramSimulator, lin: Customer
) -> None:
    lin.blocked = True
    telegram.faults["sendMessage"] = ["flood", "lost"]
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            with pytest.raises((Unavailable, OutcomeUnknown)):
                await channel.send(LIN, Words(text="private words"), key=KEY)
        await channel.send(Sender("telegram", str(BOT), "999"), Words(text="private words"), key=KEY)
    told = str(logs)
    assert logs
    assert not any(word in told for word in (TOKEN, TOKEN.partition(":")[2], "501", "999", "private"))
