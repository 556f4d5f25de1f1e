"""What is pulled from WeCom's customer service, against a simulator of it on a port."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
import structlog

from aftersales.domain.channels import Grant, Push, PushKind
from aftersales.domain.errors import Unavailable
from connectors.wecom.outbound import WeComChannel
from connectors.wecom.payloads import GRANT
from tests.connectors.wecom.customers import Customer
from tests.connectors.wecom.simulator import ACCOUNT, WeComSimulator
from tests.fakes import NOON, FrozenClock


async def all_of(channel: WeComChannel, cursor: str = "") -> tuple[list[Push], str]:
    """As the worker pulls: page by page, until there is no more."""
    found: list[Push] = []
    for _ in range(100):
        pulled = await channel.pull(ACCOUNT, cursor=cursor, token="")
        found += pulled.pushes
        cursor = pulled.cursor
        assert len(cursor) <= 128
        if not pulled.more:
            return found, cursor
    raise AssertionError("there is no end")


def texts(pushes: Sequence[Push]) -> list[str]:
    return [push.body["text"] for push in pushes]


async def test_each_message_is_pulled_once_and_in_order(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    wecom.page = 2
    for number in range(4):
        await lin.says(str(number))
    found, cursor = await all_of(channel)
    assert texts(found) == ["你好", "0", "1", "2", "3"]
    assert [push.sent_at for push in found] == [NOON] * 5
    assert await all_of(channel, cursor) == ([], cursor)
    await lin.says("4")
    assert texts((await all_of(channel, cursor))[0]) == ["4"]


async def test_an_empty_page_is_not_the_end(channel: WeComChannel, wecom: WeComSimulator, lin: Customer) -> None:
    wecom.empty_pages = 3
    first = await channel.pull(ACCOUNT, cursor="", token="")
    assert (first.pushes, first.more) == ((), True)
    found, _ = await all_of(channel, first.cursor)
    assert texts(found) == ["你好"]


async def test_what_was_said_before_connecting_is_not_answered(
    channel: WeComChannel, wecom: WeComSimulator, clock: FrozenClock
) -> None:
    customer = wecom.customer()
    wecom.page = 3
    for hours in range(80, 0, -8):
        await customer.sends("text", hours_ago=hours, text={"content": f"{hours} hours ago"})
    await customer.sends("text", hours_ago=0.1, text={"content": "six minutes ago"})
    await customer.says("now")
    found, cursor = await all_of(channel)
    assert texts(found) == ["six minutes ago", "now"]
    await customer.sends("text", hours_ago=5, text={"content": "late, but behind the cursor"})
    clock.advance(hours=1)
    assert len((await all_of(channel, cursor))[0]) == 1


async def test_the_moment_of_connecting_is_kept_while_the_history_is_passed_over(
    channel: WeComChannel, wecom: WeComSimulator, clock: FrozenClock
) -> None:
    customer = wecom.customer()
    wecom.page = 1
    for hours in (3.0, 2.0):
        await customer.sends("text", hours_ago=hours, text={"content": "old"})
    await customer.says("now")
    first = await channel.pull(ACCOUNT, cursor="", token="")
    clock.advance(minutes=30)
    found, _ = await all_of(channel, first.cursor)
    assert texts(found) == ["now"]


async def test_the_token_of_a_call_goes_with_it_and_is_left_out_once_it_is_over(
    channel: WeComChannel, wecom: WeComSimulator, clock: FrozenClock, lin: Customer
) -> None:
    for token, pages in (("", 1), ("ENCunknown", 2)):
        wecom.calls.clear()
        assert texts((await channel.pull(ACCOUNT, cursor="", token=token)).pushes) == ["你好"]
        assert wecom.calls.count("kf/sync_msg") == pages
    assert "token" not in json.loads(wecom.bodies[-1])


async def test_a_pull_that_fails_may_be_repeated(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    wecom.faults["kf/sync_msg"] = ["busy", "broken", "lost", "lost_unsent", "no_json"]
    for _ in range(5):
        with pytest.raises(Unavailable):
            await channel.pull(ACCOUNT, cursor="", token="")
    assert texts((await all_of(channel))[0]) == ["你好"]


async def test_an_account_that_wecom_does_not_know_is_unavailable(channel: WeComChannel) -> None:
    with pytest.raises(Unavailable):
        await channel.pull("wkUnknown", cursor="", token="")


@pytest.mark.parametrize(
    ("kind", "parts", "expected", "body"),
    [
        ("text", {"text": {"content": "袜子", "menu_id": "102"}}, "choice", {"choice": "102", "text": "袜子"}),
        ("text", {"text": {"content": "a", "menu_id": "/restart"}}, "text", {"text": "a"}),
        ("text", {"text": {"content": "half\ud800 zero\x00"}}, "text", {"text": "half zero"}),
        ("image", {"image": {"media_id": "m1"}}, "file", {"media": "m1"}),
        ("video", {"video": {"media_id": "m2"}}, "file", {"media": "m2"}),
        ("file", {"file": {"media_id": "m3"}}, "file", {"media": "m3"}),
        ("image", {}, "unreadable", {}),
        ("image", {"image": {"media_id": ""}}, "unreadable", {}),
        ("voice", {"voice": {"media_id": "m4"}}, "voice", {}),
        (
            "location",
            {"location": {"name": "菜鸟驿站", "address": "人民路 1 号", "latitude": 1, "longitude": 2}},
            "place",
            {"text": "菜鸟驿站 人民路 1 号"},
        ),
        ("link", {"link": {"title": "t", "url": "https://x.example"}}, "unreadable", {}),
        ("business_card", {"business_card": {"userid": "u"}}, "unreadable", {}),
        ("miniprogram", {"miniprogram": {"appid": "wx1"}}, "unreadable", {}),
        ("something_new", {}, "unreadable", {}),
        (
            "channels_shop_order",
            {"channels_shop_order": {"order_id": "3110001", "product_titles": "运动鞋"}},
            "text",
            {"text": "3110001 运动鞋"},
        ),
        ("channels_shop_order", {}, "unreadable", {}),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_each_kind_of_message(
    kind: str, parts: dict[str, Any], expected: str, body: Any, channel: WeComChannel, wecom: WeComSimulator
) -> None:
    await wecom.customer().sends(kind, **parts)
    [push], _ = await all_of(channel)
    assert (push.kind, push.body, push.grant) == (PushKind(expected), body, GRANT)


def test_a_message_grants_what_wecom_says() -> None:
    assert Grant(5, GRANT.lasts) == GRANT
    assert GRANT.lasts.total_seconds() == 48 * 3600


async def test_who_enters_brings_a_code_and_where_from(channel: WeComChannel, wecom: WeComSimulator) -> None:
    customer = wecom.customer()
    code = await customer.enters(scene="shop", scene_param="order=1")
    await customer.says("hi")
    await customer.enters(scene="shop")
    first, _, second = (await all_of(channel))[0]
    assert (first.kind, first.body, first.grant) == (PushKind.ENTER, {"code": code, "scene": "order=1"}, None)
    assert second.body == {"scene": "shop"}


@pytest.mark.parametrize(
    ("fail_type", "reason"), [(6, "over_5_messages"), (10, "customer_refused"), (8, "fail_type_8")]
)
async def test_a_message_that_did_not_arrive_is_told(
    fail_type: int, reason: str, channel: WeComChannel, wecom: WeComSimulator
) -> None:
    await wecom.fails(wecom.customer(), "0123456789abcdef01234567", fail_type)
    [push], _ = await all_of(channel)
    assert push.kind is PushKind.OUTCOME
    assert push.body == {"reference": "0123456789abcdef01234567", "delivered": False, "reason": reason}
    assert push.grant is None


async def test_agents_in_wecom_other_events_and_other_accounts_are_left_alone(
    channel: WeComChannel, wecom: WeComSimulator
) -> None:
    customer = wecom.customer()
    for kind in ("session_status_change", "servicer_status_change", "user_recall_msg", "something_new"):
        await wecom.happens(customer, kind)
    wecom.note(customer, wecom.time(), origin=5, msgtype="text", text={"content": "by an agent"})
    wecom.note_raw(
        {
            "msgid": "m1",
            "open_kfid": "wkOther",
            "external_userid": "wm1",
            "send_time": int(wecom.time()),
            "origin": 3,
            "msgtype": "text",
            "text": {"content": "of another account"},
        }
    )
    assert (await all_of(channel))[0] == []


async def test_what_cannot_be_read_keeps_nothing_back(
    channel: WeComChannel, wecom: WeComSimulator, lin: Customer
) -> None:
    bad: list[Any] = [None, [], "x", {}, {"msgid": 5}, {"msgid": "a", "send_time": -1}, {"msgid": "a" * 200}]
    for item in bad:
        wecom.note_raw(item)
    await lin.says("still heard")
    with structlog.testing.capture_logs() as logs:
        found, _ = await all_of(channel)
    assert texts(found) == ["你好", "still heard"]
    assert {"event": "wecom_items_unreadable", "count": 7, "log_level": "warning"} in logs
