from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.returns.listen import Heard, listen
from actions.returns.plan import decided_remedy, goods_missing, offered_orders, orders_after
from actions.returns.wish import changes_mind, remedy_said, with_wish
from actions.said import Said
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy
from tests.actions.orders import ORDERS, make_line, make_order, said

RUN, HOME, COAT = (order.number for order in ORDERS)
CHOSEN = Draft(order=RUN, items=("shoes",), quantity=1, reason=Reason.WRONG_SIZE, remedy=Remedy.RETURN)
RETURN, EXCHANGE, REFUND_ONLY = Remedy.RETURN, Remedy.EXCHANGE, Remedy.REFUND_ONLY


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        (said("能换个大一码的吗", "exchange_item"), EXCHANGE),
        (said("can I swap it for a medium", "exchange_item"), EXCHANGE),
        (said("我要退货", "return_item"), RETURN),
        (said("只退款不退货可以吗", "request_refund"), REFUND_ONLY),
        (said("不想寄回去了，直接退款吧", "request_refund"), REFUND_ONLY),
        (said("actually just refund me, I'd rather not send it back", "request_refund"), REFUND_ONLY),
        (said("can I keep it and get my money", "request_refund"), REFUND_ONLY),
        (said("I'd like to keep it for a partial refund", "nlu_fallback"), REFUND_ONLY),
        (said("oh, I'll keep it", "cancel_return"), None),
        (said("actually i'll keep the shirt and return the jeans", "cancel_return"), RETURN),
        (said("keep the shirt, swap the jeans", "cancel_return"), EXCHANGE),
        (said("直接退款", "request_refund"), None),
        (said("算了 不换了 直接退钱吧", "request_refund"), None),
        (said("算了 不换了 直接退钱吧", "stop"), RETURN),
        (said("forget the exchange, just refund me", "cancel_return"), RETURN),
        (said("算了还是换大一码吧", "stop"), EXCHANGE),
        (said("算了，还是退货吧", "stop"), RETURN),
        (said("no, I'd rather exchange it", "deny"), EXCHANGE),
        (said("不要退款，我要换货", "exchange_item"), EXCHANGE),
        (said("不退货，就是想换一双", "exchange_item"), EXCHANGE),
        (said("杯子碎了，给我补发一个", "report_damaged_item"), EXCHANGE),
        (said("x", choice="remedy:refund_only"), REFUND_ONLY),
        (said("给我退款", "request_refund"), None),
        (said("收到就碎了", "report_damaged_item"), None),
        (said("算了", "stop"), None),
        (said("不换了", "deny"), None),
        (said("好的，提交吧", "affirm"), None),
    ],
)
def test_a_message_names_a_remedy(message: Said, remedy: Remedy | None) -> None:
    assert remedy_said(message, d.CONFIRMED) is remedy


def test_only_a_named_remedy_turns_leaving_into_going_on() -> None:
    assert changes_mind(said("算了还是换大一码吧", "stop"), d.CONFIRMED)
    assert not changes_mind(said("算了不弄了", "stop"), d.CONFIRMED)
    assert not changes_mind(said("好的", "affirm"), d.CONFIRMED)


def test_a_change_of_mind_keeps_what_was_told() -> None:
    told = replace(CHOSEN, comment="太小", photos=("a1",))
    swapped = with_wish(told, said("算了还是换大一码吧", "stop"), d.CONFIRMED)
    assert swapped == replace(told, remedy=EXCHANGE, wanted="算了还是换大一码吧")
    kept = with_wish(
        replace(swapped, variants={"shoes": "v1"}), said("直接退款，不想寄了", "request_refund"), d.CONFIRMED
    )
    assert (kept.remedy, kept.variants, kept.wanted) == (REFUND_ONLY, {}, None)
    assert (kept.order, kept.items, kept.reason, kept.photos) == (RUN, ("shoes",), Reason.WRONG_SIZE, ("a1",))


def test_a_part_of_the_price_is_a_refund_without_a_return() -> None:
    draft = with_wish(Draft(), said("赔我五十块就行", "request_refund", amount="50.00"), None)
    assert (draft.remedy, draft.part) == (REFUND_ONLY, "50.00")
    priced = with_wish(Draft(), said("那件299的退款", "request_refund", amount="299.00"), None)
    assert (priced.remedy, priced.part, priced.money) == (None, None, True)


@pytest.mark.parametrize("asked", [d.VARIANT, d.COMMENT, d.PHOTOS, d.CONFIRMED])
@pytest.mark.parametrize("text", ["算了 不换了 直接退钱吧", "forget the exchange, just give me my money back"])
def test_money_instead_of_an_exchange_leaves_open_whether_goods_go_back(text: str, asked: str) -> None:
    swapping = replace(CHOSEN, remedy=EXCHANGE, variants={"shoes": "v1"})
    draft = hear(swapping, said(text, "request_refund"), asked).draft
    assert (draft.remedy, draft.money, draft.comment, draft.variants) == (None, True, None, {})
    assert decided_remedy(draft, (RETURN, EXCHANGE)) is RETURN


def test_a_description_does_not_change_the_remedy() -> None:
    draft = replace(CHOSEN, remedy=EXCHANGE, reason=Reason.DAMAGED)
    told = with_wish(draft, said("the zip broke when I was returning from work", "return_item"), d.COMMENT)
    assert told.remedy is EXCHANGE


@pytest.mark.parametrize(
    ("draft", "possible", "decided"),
    [
        (Draft(reason=Reason.DAMAGED), (RETURN, EXCHANGE), None),
        (Draft(reason=Reason.DAMAGED), (RETURN,), RETURN),
        (Draft(reason=Reason.DAMAGED, money=True), (RETURN, EXCHANGE, REFUND_ONLY), REFUND_ONLY),
        (Draft(reason=Reason.DAMAGED, money=True), (RETURN, EXCHANGE), RETURN),
        (Draft(reason=Reason.WRONG_SIZE), (RETURN, EXCHANGE), RETURN),
        (Draft(reason=Reason.MISSING_ITEM, remedy=RETURN), (EXCHANGE, REFUND_ONLY), None),
        (Draft(reason=Reason.MISSING_ITEM, money=True), (EXCHANGE, REFUND_ONLY), REFUND_ONLY),
        (Draft(reason=Reason.MISSING_ITEM), (), REFUND_ONLY),
        (Draft(reason=Reason.DAMAGED, remedy=EXCHANGE), (RETURN,), EXCHANGE),
    ],
)
def test_a_remedy_is_asked_for_only_where_there_is_a_choice(
    draft: Draft, possible: tuple[Remedy, ...], decided: Remedy | None
) -> None:
    assert decided_remedy(draft, possible) is decided


def test_an_exchange_asks_what_is_wanted_before_why_and_missing_goods_do_not() -> None:
    draft = Draft(order=RUN, items=("shoes",), quantity=1, remedy=EXCHANGE)
    assert goods_missing(draft) == d.VARIANT
    assert goods_missing(replace(draft, variants={"shoes": "v"})) == d.REASON
    assert goods_missing(replace(draft, reason=Reason.MISSING_ITEM)) is None
    assert goods_missing(replace(draft, remedy=None, reason=Reason.DAMAGED)) == d.REMEDY


# Orders


def hear(draft: Draft, message: Said, asked: str | None) -> Heard:
    zone = ZoneInfo("Asia/Shanghai")
    return listen(draft, message, orders=ORDERS, asked=asked, offered=(), zone=zone, digest="abc")


def test_goods_of_another_order_are_looked_for_there() -> None:
    heard = hear(CHOSEN, said("不对，是那个台灯"), d.CONFIRMED)
    assert (heard.draft.order, heard.draft.items) == (HOME, ("lamp",))
    assert heard.draft.reason is Reason.WRONG_SIZE
    assert hear(replace(CHOSEN, items=()), said("the wool coat"), d.ITEMS).draft.order == COAT


def test_goods_of_the_chosen_order_are_not_looked_for_elsewhere() -> None:
    assert hear(CHOSEN, said("T恤"), d.CONFIRMED).draft.order == RUN


def test_a_day_is_no_reason_but_may_name_the_order() -> None:
    asked = replace(CHOSEN, reason=None)
    heard = hear(asked, said("11月2号买的", date="2026-11-02"), d.REASON)
    assert (heard.draft.order, heard.draft.reason) == (HOME, None)
    unknown = hear(asked, said("11月5号买的", date="2026-11-05"), d.REASON)
    assert (unknown.draft, unknown.understood) == (asked, False)
    told = said("11月2号穿出去一次鞋底就掉了", date="2026-11-02")
    assert hear(asked, told, d.REASON).draft.reason is Reason.OTHER


def test_three_orders_are_offered_and_the_others_on_demand() -> None:
    many = [make_order(f"RD20261101{n:05d}", make_line(f"l{n}", "商品", "Item")) for n in range(5)]
    assert len(offered_orders(many, {})) == 3
    assert orders_after(many, {}) == 3
    assert [order.number[-1] for order in offered_orders(many, {"skip": ["3"]})] == ["3", "4"]
    assert orders_after(many, {"skip": ["3"]}) is None
    heard = hear(Draft(), said("x", choice="orders:3"), d.ORDER)
    assert (heard.noted, heard.understood) == ({"skip": ["3"]}, True)


def test_another_colour_in_words_is_no_other_order() -> None:
    exchange = replace(CHOSEN, remedy=EXCHANGE)
    assert hear(exchange, said("白色的有吗", "exchange_item"), d.CONFIRMED).draft.order == RUN
    assert hear(exchange, said("exchange the lamp instead", "exchange_item"), d.CONFIRMED).draft.order == HOME


def test_send_it_again_is_a_wish_rather_than_a_repetition() -> None:
    message = said("can you just send it again", "repeat")
    assert remedy_said(message, d.REMEDY) is EXCHANGE
    assert changes_mind(message, d.REMEDY)


@pytest.mark.parametrize(
    "text",
    ["没有照片", "我没拍照片", "没有", "I have no photo", "no photos", "I don't have one", "sorry, no picture"],
)
def test_having_no_photo_is_said_in_many_ways(text: str) -> None:
    assert d.says_none(said(text))


@pytest.mark.parametrize("text", ["没有按钮的那件", "no photo shows it well, the seam is open", "无线耳机坏了"])
def test_a_description_is_not_taken_for_having_none(text: str) -> None:
    assert not d.says_none(said(text))
