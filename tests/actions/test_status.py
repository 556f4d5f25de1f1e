"""Where parcels, returns and the money are, by when, and what can be done next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actions.orders.status import ActionOrdersStatus
from aftersales.domain.reasons import Reason
from aftersales.services.returns import receive_return, request_return
from tests.actions.stage import Line, play
from tests.goods import NUMBER, SOCKS, Goods, open_goods


@pytest.fixture
async def goods(tmp_path: Path) -> AsyncIterator[Goods]:
    async with open_goods("sqlite", tmp_path) as opened:
        yield opened


async def ask(goods: Goods, text: str, intent: str, *, busy: bool = False, order: str = "") -> list[Line]:
    entities = {"order_number": order} if order else {}
    lines, _ = await play(
        goods.ctx, ActionOrdersStatus(), text, intent=intent, customer_id="c-lin", busy=busy, entities=entities
    )
    return lines


async def returned(goods: Goods) -> str:
    item = await request_return(
        goods.ctx,
        customer_id="c-lin",
        order_number=NUMBER,
        items=[(SOCKS, 1)],
        reason=Reason.NO_LONGER_NEEDED,
        comment="",
        attachment_ids=(),
        conversation_id=None,
        channel="web",
        key="k1",
    )
    return item.number


async def test_a_delivered_parcel_offers_to_return_it_or_to_say_that_it_never_came(goods: Goods) -> None:
    lines = await ask(goods, "我的快递到哪了", "track_order")
    assert {line.response for line in lines} == {"utter_orders_parcel_delivered"}
    assert lines[-1].payloads == [
        f'/return_item{{"order_number":"{NUMBER}"}}',
        f'/report_not_delivered{{"order_number":"{NUMBER}"}}',
    ]


async def test_in_the_middle_of_a_matter_no_buttons_are_offered(goods: Goods) -> None:
    lines = await ask(goods, "我的快递到哪了", "track_order", busy=True)
    assert lines[-1].payloads == []


async def test_an_unknown_number_is_not_found_whatever_is_asked(goods: Goods) -> None:
    for intent in ("track_order", "list_orders", "check_return_status", "check_refund_status"):
        (line,) = await ask(goods, "RD2020010100009", intent, order="RD2020010100009")
        assert line.response == "utter_error_not_found"


async def test_without_a_return_there_is_none_to_tell_of(goods: Goods) -> None:
    (line,) = await ask(goods, "我的退货到哪一步了", "check_return_status")
    assert line.response == "utter_returns_status_none"
    (named,) = await ask(goods, NUMBER, "check_return_status", order=NUMBER)
    assert (named.response, named.parameters["order"]) == ("utter_orders_no_return", NUMBER)


async def test_the_goods_and_the_money_of_a_return_are_told_apart(goods: Goods) -> None:
    number = await returned(goods)
    (about_goods,) = await ask(goods, "我的退货到哪一步了", "check_return_status")
    (about_money,) = await ask(goods, "退款到哪了", "check_refund_status")
    assert about_goods.response == "utter_returns_status_send_parcel"
    assert about_money.response == "utter_orders_refund_send_first"
    assert about_money.parameters["number"] == number
    assert about_money.parameters["refund_days"] == str(goods.ctx.policy.refund.days)
    assert about_money.payloads == ["/ask_return_shipping", "/cancel_return"]


async def test_after_receipt_the_money_has_a_day_and_a_means(goods: Goods) -> None:
    number = await returned(goods)
    await receive_return(goods.ctx, number=number, actor="agent:a1", channel="desk")
    (line,) = await ask(goods, "退款到哪了", "check_refund_status")
    assert line.response == "utter_orders_refund_underway"
    assert line.parameters["due"]
    assert line.parameters["means"]
    assert int(line.parameters["days"]) > 0


async def test_a_return_is_found_by_its_number_and_by_its_order(goods: Goods) -> None:
    number = await returned(goods)
    (by_number,) = await ask(goods, f"退货{number}怎么样了", "check_return_status")
    (by_order,) = await ask(goods, NUMBER, "check_return_status", order=NUMBER)
    assert by_number.parameters["number"] == by_order.parameters["number"] == number


async def test_the_money_that_the_shop_paid_back_elsewhere_is_told(goods: Goods) -> None:
    await goods.book_refund_elsewhere("p-card", 3000)
    (line,) = await ask(goods, "退款到哪了", "check_refund_status")
    assert line.response == "utter_orders_refund_recorded"
    assert "30.00" in line.parameters["amount"]


async def test_orders_are_listed_with_their_cards(goods: Goods) -> None:
    (line,) = await ask(goods, "我有哪些订单", "list_orders")
    assert line.response == "utter_orders_list"
