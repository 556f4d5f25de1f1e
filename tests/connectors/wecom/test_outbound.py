"""How customers of WeCom's customer service are written to, against a simulator of it on a port."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from aftersales.domain.channels import Notice, Option, Picture, Refusal, Sender, Sent, Words
from aftersales.domain.errors import Invalid, OutcomeUnknown, Unavailable
from aftersales.stores.channel_tokens import SqlTokenStore
from connectors.wecom.client import WeComClient, WeComSettings
from connectors.wecom.outbound import WeComChannel
from tests.connectors.wecom.customers import Customer, Received
from tests.connectors.wecom.simulator import ACCOUNT, CORP, SECRET, Fault, WeComSimulator
from tests.databases import open_database
from tests.fakes import FrozenClock

KEY, OTHER_KEY = "0123456789abcdef01234567", "abcdef0123456789abcdef01"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
HELLO = Words(text="您好")


def to(customer: Customer) -> Sender:
    return Sender("wecom", ACCOUNT, customer.id)


async def test_a_text_is_sent_under_our_key_with_its_characters_as_they_are(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    assert await channel.send(to(lin), Words(text="退款已到账😀\ud83d"), key=KEY) == Sent(reference=KEY)
    assert lin.received == [Received("退款已到账😀")]
    assert "退款已到账😀".encode() in wecom.bodies[-1]
    assert json.loads(wecom.bodies[-1])["msgid"] == KEY


async def test_options_are_a_menu_to_click(channel: WeComChannel, lin: Customer) -> None:
    words = Words(text="退哪一件？", options=(Option("101", "鞋"), Option("102", "袜子")))
    await channel.send(to(lin), words, key=KEY)
    assert lin.received == [Received("退哪一件？", ("鞋", "袜子"), ids=("101", "102"))]


async def test_the_largest_that_the_manners_allow_is_taken(channel: WeComChannel, lin: Customer) -> None:
    manners = channel.manners
    options = tuple(Option(str(10**19 + i), "a" * manners.longest_title) for i in range(manners.most_options))
    assert await channel.send(to(lin), Words(text="a" * manners.longest_text), key=KEY) == Sent(reference=KEY)
    menu = Words(text="a" * manners.longest_head, options=options)
    assert (await channel.send(to(lin), menu, key=OTHER_KEY)).refusal is None


async def test_a_picture_is_uploaded_and_sent(channel: WeComChannel, lin: Customer) -> None:
    await channel.send(to(lin), Picture(content=PNG, media_type="image/png", name="label.png"), key=KEY)
    assert lin.received == [Received(picture=PNG)]


async def test_the_same_key_again_is_not_sent_twice(channel: WeComChannel, lin: Customer) -> None:
    await channel.send(to(lin), HELLO, key=KEY)
    assert await channel.send(to(lin), HELLO, key=KEY) == Sent(refusal=Refusal.REFUSED)
    assert len(lin.received) == 1


@pytest.mark.parametrize("code", [40058, 95099, 1])
async def test_a_message_whose_answer_was_lost_counts_as_sent_when_its_key_is_refused(
    code: int, channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    wecom.repeated_code = code
    wecom.faults["kf/send_msg"] = ["lost"]
    with pytest.raises(OutcomeUnknown):
        await channel.send(to(lin), HELLO, key=KEY)
    assert await channel.send(to(lin), HELLO, key=KEY) == Sent(reference=KEY)
    assert len(lin.received) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy", Unavailable),
        ("broken", OutcomeUnknown),
        ("lost_unsent", OutcomeUnknown),
        ("lost", OutcomeUnknown),
        ("no_json", OutcomeUnknown),
    ],
)
async def test_after_every_fault_the_message_arrives_once(
    fault: Fault, error: type[Exception], channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    wecom.faults["kf/send_msg"] = [fault]
    with pytest.raises(error):
        await channel.send(to(lin), HELLO, key=KEY)
    assert await channel.send(to(lin), HELLO, key=KEY) == Sent(reference=KEY)
    assert lin.received == [Received("您好")]


async def test_five_messages_answer_one_of_the_customer(channel: WeComChannel, lin: Customer) -> None:
    sent = [await channel.send(to(lin), HELLO, key=f"{number:024x}") for number in range(6)]
    assert [one.refusal for one in sent] == [None] * 5 + [Refusal.SPENT]
    await lin.says("还在吗")
    assert (await channel.send(to(lin), HELLO, key=f"{5:024x}")).refusal is None


async def test_after_48_hours_nothing_can_be_sent(
    channel: WeComChannel, clock: FrozenClock, lin: Customer
) -> None:
    clock.advance(hours=48, seconds=1)
    assert await channel.send(to(lin), HELLO, key=KEY) == Sent(refusal=Refusal.CLOSED)


async def test_who_is_not_a_customer_is_gone(channel: WeComChannel) -> None:
    stranger = Sender("wecom", ACCOUNT, "wmNobody")
    assert await channel.send(stranger, HELLO, key=KEY) == Sent(refusal=Refusal.GONE)


@pytest.mark.parametrize("state", [2, 3, 4])
async def test_a_customer_who_is_with_an_agent_in_wecom_is_not_written_to(
    state: int, channel: WeComChannel, lin: Customer
) -> None:
    lin.state = state
    with structlog.testing.capture_logs() as logs:
        assert await channel.send(to(lin), HELLO, key=KEY) == Sent(refusal=Refusal.CLOSED)
    assert {"event": "wecom_state_does_not_allow", "state": state, "log_level": "warning"} in logs
    lin.state = 1
    assert (await channel.send(to(lin), HELLO, key=KEY)).refusal is None


async def test_what_wecom_does_not_take_is_refused_for_good(channel: WeComChannel, lin: Customer) -> None:
    for item in (Words(text=""), Words(text="a" * 2049), Words(text="a", options=(Option("1", "b" * 129),))):
        assert await channel.send(to(lin), item, key=KEY) == Sent(refusal=Refusal.REFUSED)
    picture = Picture(content=b"GIF", media_type="image/png", name="a.png")
    assert await channel.send(to(lin), picture, key=KEY) == Sent(refusal=Refusal.REFUSED)


async def test_a_greeting_goes_out_with_its_code_once_and_within_twenty_seconds(
    channel: WeComChannel, wecom: WeComSimulator, clock: FrozenClock
) -> None:
    customer = wecom.customer()
    code = await customer.enters()
    assert await channel.send(to(customer), HELLO, key=KEY, code=code) == Sent(reference=KEY)
    again = await channel.send(to(customer), HELLO, key=OTHER_KEY, code=code)
    assert (customer.received, again) == ([Received("您好")], Sent(refusal=Refusal.CLOSED))
    late = wecom.customer("wmLate")
    code = await late.enters()
    clock.advance(seconds=21)
    assert await channel.send(to(late), HELLO, key=OTHER_KEY, code=code) == Sent(refusal=Refusal.CLOSED)


async def test_a_picture_takes_no_code_with_it(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    picture = Picture(content=PNG, media_type="image/png", name="a.png")
    assert await channel.send(to(lin), picture, key=KEY, code="code") == Sent(reference=KEY)
    assert "kf/send_msg_on_event" not in wecom.calls


async def test_a_greeting_whose_answer_was_lost_counts_as_sent(
    channel: WeComChannel, wecom: WeComSimulator
) -> None:
    customer = wecom.customer()
    code = await customer.enters()
    wecom.faults["kf/send_msg_on_event"] = ["lost"]
    with pytest.raises(OutcomeUnknown):
        await channel.send(to(customer), HELLO, key=KEY, code=code)
    assert await channel.send(to(customer), HELLO, key=KEY, code=code) == Sent(reference=KEY)
    assert len(customer.received) == 1


async def test_news_has_no_form(channel: WeComChannel, lin: Customer) -> None:
    notice = Notice(response="utter_news", language="zh", parameters={}, text="已退款")
    assert await channel.notify(to(lin), notice, key=KEY) == Sent(refusal=Refusal.NO_FORM)


async def test_nothing_is_called_to_show_typing(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    await channel.show_typing(to(lin))
    assert wecom.calls == []


async def test_one_token_serves_many_calls_and_is_replaced_once_it_is_refused(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer, clock: FrozenClock
) -> None:
    for number in range(3):
        await channel.send(to(lin), HELLO, key=f"{number:024x}")
    assert wecom.calls.count("gettoken") == 1
    clock.advance(minutes=1)
    wecom.end_access()
    assert (await channel.send(to(lin), HELLO, key=KEY)).refusal is None
    assert wecom.calls.count("gettoken") == 2


async def test_a_wecom_that_refuses_every_token_is_not_asked_for_more_and_more(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    wecom.refuse_all = 42001
    for _ in range(5):
        with pytest.raises(Unavailable):
            await channel.send(to(lin), HELLO, key=KEY)
    assert wecom.calls.count("gettoken") <= 2


@pytest.mark.parametrize("errcode", [48002, 60020, 95000, 95017])
async def test_what_is_not_set_up_is_told_in_the_log(
    errcode: int, channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    wecom.refuse_all = errcode
    with structlog.testing.capture_logs() as logs, pytest.raises(Unavailable):
        await channel.send(to(lin), HELLO, key=KEY)
    assert [entry["errcode"] for entry in logs if entry["log_level"] == "error"] == [errcode]


async def test_a_wrong_secret_is_told_and_stands_in_no_log(
    wecom: WeComSimulator, clock: FrozenClock, lin: Customer, tmp_path: Path
) -> None:
    settings = WeComSettings(corp_id=CORP, secret="another secret", root=wecom.url)
    async with open_database("sqlite", tmp_path) as engine:
        client = WeComClient(settings, store=SqlTokenStore(engine), clock=clock)
        with structlog.testing.capture_logs() as logs, pytest.raises(Unavailable):
            await WeComChannel(client, clock).send(to(lin), HELLO, key=KEY)
        await client.close()
    assert any(entry.get("errcode") == 40001 for entry in logs)
    assert "another secret" not in str(logs) + repr(settings)


async def test_a_wecom_that_is_not_there_has_not_taken_anything(
    wecom: WeComSimulator, clock: FrozenClock, lin: Customer, tmp_path: Path
) -> None:
    settings = WeComSettings(corp_id=CORP, secret=SECRET, root=wecom.url)
    async with open_database("sqlite", tmp_path) as engine:
        store = SqlTokenStore(engine)
        async with WeComChannel(WeComClient(settings, store=store, clock=clock), clock) as channel:
            await channel.send(to(lin), HELLO, key=KEY)  # the token is known from now on
        gone = replace(settings, root="http://127.0.0.1:9")
        async with WeComChannel(WeComClient(gone, store=store, clock=clock), clock) as channel:
            with pytest.raises(Unavailable):
                await channel.send(to(lin), HELLO, key=OTHER_KEY)


async def test_a_file_is_fetched_with_its_name(channel: WeComChannel, wecom: WeComSimulator) -> None:
    download = await channel.fetch(ACCOUNT, wecom.keep(PNG, "../../盒子.png"))
    assert (download.content, download.name) == (PNG, "盒子.png")


async def test_a_file_that_is_gone_or_too_large_is_told_apart(
    channel: WeComChannel, wecom: WeComSimulator, clock: FrozenClock
) -> None:
    large, old = wecom.keep(bytes(10 * 1024 * 1024 + 1), "a.mp4"), wecom.keep(PNG, "a.png")
    for media, name in ((large, "file_too_large"), ("none", "file_gone")):
        with pytest.raises(Invalid) as caught:
            await channel.fetch(ACCOUNT, media)
        assert caught.value.field == name
    wecom.faults["media/get"] = ["broken"]
    with pytest.raises(Unavailable):
        await channel.fetch(ACCOUNT, old)
    clock.advance(days=3, seconds=1)
    with pytest.raises(Invalid):
        await channel.fetch(ACCOUNT, old)


async def test_a_file_is_fetched_with_a_new_token_where_the_old_one_is_refused(
    channel: WeComChannel, wecom: WeComSimulator, clock: FrozenClock
) -> None:
    media = wecom.keep(PNG, "a.png")
    await channel.fetch(ACCOUNT, media)
    clock.advance(minutes=1)
    wecom.end_access()
    assert (await channel.fetch(ACCOUNT, media)).content == PNG


async def test_logs_hold_neither_words_nor_ids_nor_tokens(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    wecom.faults["kf/send_msg"] = ["busy", "lost", "broken"]
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with pytest.raises((Unavailable, OutcomeUnknown)):
                await channel.send(to(lin), Words(text="private words"), key=KEY)
        await channel.send(to(lin), Words(text=""), key=KEY)
    told = str(logs)
    assert len(logs) == 4
    assert not any(word in told for word in (SECRET, lin.id, "access-", "private words", KEY))
