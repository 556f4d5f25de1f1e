from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actions.returns import draft as d
from actions.returns.draft import Draft, bare_number
from actions.returns.listen import Heard, listen
from actions.returns.plan import offered_orders, settle
from actions.said import Said
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy
from tests.actions.orders import ORDERS, said

RUN, HOME, COAT = (order.number for order in ORDERS)
SHOWN = "abc123"
CHOSEN = Draft(order=RUN, items=("shirts",), quantity=1, reason=Reason.NO_LONGER_NEEDED)


def hear(draft: Draft, message: Said, asked: str | None, offered: Any = ()) -> Heard:
    zone = ZoneInfo("Asia/Shanghai")
    return listen(draft, message, orders=ORDERS, asked=asked, offered=offered, zone=zone, digest=SHOWN)


@pytest.mark.parametrize(
    "text", ["那双跑鞋", "the running shoes", "我要退那双跑鞋", "running shoe please", "退跑鞋", "黑色那双跑鞋"]
)
def test_product_words_find_the_order_and_the_item(text: str) -> None:
    heard = hear(Draft(), said(text), d.ORDER)
    assert heard.draft.order == RUN
    assert heard.draft.items == ("shoes",)


def test_one_sentence_can_hold_everything() -> None:
    message = said(
        "订单尾号00101的T恤退两件,太小了", "return_item", order_number="00101", quantity="2", reason="wrong_size"
    )
    draft = hear(Draft(), message, None).draft
    assert (draft.order, draft.items, draft.quantity, draft.reason) == (RUN, ("shirts",), 2, Reason.WRONG_SIZE)


@pytest.mark.parametrize(("reference", "number"), [(RUN, RUN), ("00102", HOME), ("0103", COAT)])
def test_an_order_is_found_by_its_number_or_its_tail(reference: str, number: str) -> None:
    assert hear(Draft(), said(reference, order_number=reference), d.ORDER).draft.order == number


def test_an_unknown_number_is_said_to_be_unknown() -> None:
    heard = hear(Draft(), said("RD2020010100001", order_number="RD2020010100001"), d.ORDER)
    assert heard.draft.order is None
    assert heard.noted == {"not_found": ["RD2020010100001"]}


def test_an_order_is_found_by_the_day_it_was_placed() -> None:
    assert hear(Draft(), said("11月2号买的", date="2026-11-02"), d.ORDER).draft.order == HOME


@pytest.mark.parametrize(
    ("message", "number"),
    [(said("第二个", ordinal="2"), HOME), (said("the last one", ordinal="-1"), COAT), (said("2"), HOME)],
)
def test_a_place_in_the_list_chooses_an_order(message: Said, number: str) -> None:
    offered = [order.number for order in offered_orders(ORDERS, {})]
    assert hear(Draft(), message, d.ORDER, offered).draft.order == number


def test_a_number_beyond_the_list_chooses_nothing() -> None:
    assert not hear(Draft(), said("9"), d.ORDER, [RUN, HOME]).understood


@pytest.mark.parametrize("text", ["都退", "全部", "all of them", "both"])
def test_all_items_of_an_order_can_go_back_at_once(text: str) -> None:
    assert hear(Draft(order=RUN), said(text), d.ITEMS).draft.items == ("shoes", "shirts")


@pytest.mark.parametrize("message", [said("两件", quantity="2"), said("2"), said("two please")])
def test_a_quantity_is_heard_where_it_is_asked(message: Said) -> None:
    draft = Draft(order=RUN, items=("shirts",))
    assert hear(draft, message, d.QUANTITY).draft.quantity == 2


@pytest.mark.parametrize("text", ["不对,是另一件", "no, the other one"])
def test_the_other_one_is_the_other_item(text: str) -> None:
    assert hear(CHOSEN, said(text, "deny"), d.CONFIRMED).draft.items == ("shoes",)


def test_a_quantity_said_at_the_end_corrects_the_return_and_is_no_consent() -> None:
    heard = hear(CHOSEN, said("对,但是两件", "affirm", quantity="2"), d.CONFIRMED)
    assert heard.draft.quantity == 2
    assert heard.draft.confirmed is None


def test_a_plain_yes_at_the_end_is_consent() -> None:
    assert hear(CHOSEN, said("确认", "affirm"), d.CONFIRMED).draft.confirmed is True


@pytest.mark.parametrize("asked", [None, d.ORDER, d.ITEMS, d.QUANTITY, d.REASON, d.COMMENT, d.PHOTOS])
def test_a_yes_anywhere_else_is_no_consent(asked: str | None) -> None:
    assert hear(CHOSEN, said("好的", "affirm"), asked).draft.confirmed is None


def test_naming_another_order_at_the_end_starts_its_items_anew() -> None:
    draft = hear(CHOSEN, said(HOME, order_number=HOME), d.CONFIRMED).draft
    assert (draft.order, draft.items, draft.quantity) == (HOME, (), None)


def test_a_reported_fault_is_the_reason_and_the_comment() -> None:
    draft = hear(Draft(), said("跑鞋穿一次就开胶了", "report_damaged_item"), None).draft
    assert (draft.reason, draft.comment) == (Reason.DAMAGED, "跑鞋穿一次就开胶了")


def test_a_reason_in_own_words_is_kept_as_other_with_the_words() -> None:
    draft = hear(Draft(order=RUN, items=("shoes",), quantity=1), said("我老婆说太丑"), d.REASON).draft
    assert (draft.reason, draft.comment) == (Reason.OTHER, "我老婆说太丑")


@pytest.mark.parametrize("text", ["没有", "跳过", "skip", "No photo"])
def test_evidence_can_be_declined(text: str) -> None:
    assert hear(CHOSEN, said(text, "deny"), d.PHOTOS).draft.photos == ()
    assert hear(CHOSEN, said(text, "deny"), d.COMMENT).draft.comment == ""


def test_a_photo_is_taken_at_any_step() -> None:
    assert hear(CHOSEN, said("", photo="a1"), d.REASON).draft.photos == ("a1",)


def test_the_only_item_of_an_order_needs_no_question() -> None:
    draft = settle(Draft(order=HOME), ORDERS)
    assert (draft.items, draft.quantity) == (("lamp",), 1)


def test_several_orders_are_always_asked_about() -> None:
    assert settle(Draft(), ORDERS).order is None


@pytest.mark.parametrize(
    ("text", "number"), [("2", 2), ("两件", 2), ("two please", 2), ("第二个", 2), ("二手", None)]
)
def test_a_bare_number_is_hardly_more_than_the_number(text: str, number: int | None) -> None:
    assert bare_number(text) == number


def test_a_bare_number_in_a_list_is_a_place_and_no_quantity() -> None:
    message = said("2", ordinal="2", quantity="2")
    draft = hear(Draft(order=RUN), message, d.ITEMS, ["shoes", "shirts"]).draft
    assert (draft.items, draft.quantity) == (("shirts",), None)


def test_goods_named_before_the_order_is_known_are_found_in_it_later() -> None:
    first = hear(Draft(), said("耳机和跑鞋", "return_item"), None).draft
    both = (*ORDERS, replace(ORDERS[0], number="RD2026111100104", id="o4"))
    unsure = listen(
        Draft(), said("退跑鞋", "return_item"), orders=both, asked=None, offered=(), zone=ZoneInfo("UTC")
    )
    assert first.order == RUN
    assert unsure.draft.order is None
    assert set(unsure.noted["orders"]) == {RUN, "RD2026111100104"}
    chosen = said("", choice=f"order:{RUN}")
    after = listen(unsure.draft, chosen, orders=both, asked=d.ORDER, offered=(), zone=ZoneInfo("UTC"))
    assert after.draft.items == ("shoes",)


@pytest.mark.parametrize(
    "text", ["actually 2 t-shirts", "two T-shirts please", "退2件T恤", "退两件T恤", "2 T恤", "both shirts"]
)
def test_goods_that_are_counted_tell_the_quantity(text: str) -> None:
    draft = hear(Draft(order=RUN, items=("shirts",), quantity=1), said(text), d.CONFIRMED).draft
    assert (draft.items, draft.quantity) == (("shirts",), 2)


@pytest.mark.parametrize("text", ["size 42 shoes", "the 2nd one", "RD2026111000101"])
def test_other_numbers_are_no_quantity(text: str) -> None:
    assert hear(Draft(order=RUN, items=("shoes",), quantity=1), said(text), d.CONFIRMED).draft.quantity == 1


def test_two_counts_in_one_message_are_asked_about() -> None:
    message = said("三件T恤退两件", quantity=("3", "2"))
    assert hear(Draft(order=RUN), message, d.ITEMS).draft.quantity is None


def test_a_yes_without_a_verdict_shown_is_no_consent() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    heard = listen(CHOSEN, said("yes", "affirm"), orders=ORDERS, asked=d.CONFIRMED, offered=(), zone=zone)
    assert heard.draft.confirmed is None


@pytest.mark.parametrize(("digest", "consent"), [(SHOWN, True), ("another", None)])
def test_a_yes_button_counts_only_beside_its_own_verdict(digest: str, consent: bool | None) -> None:
    tapped = said("", "affirm", choice=f"confirm:{digest}")
    assert hear(CHOSEN, tapped, d.CONFIRMED).draft.confirmed is consent


@pytest.mark.parametrize("asked", [None, d.REASON, d.CONFIRMED])
def test_an_earlier_consent_does_not_outlive_another_message(asked: str | None) -> None:
    consented = replace(CHOSEN, confirmed=True)
    message = said("the shirts are torn", "report_damaged_item", reason="damaged")
    assert hear(consented, message, asked).draft.confirmed is None


@pytest.mark.parametrize(
    "choice", ["item:lamp", "item:", "order:RD2020010199999", "quantity:x", "reason:none", "x:y"]
)
def test_a_button_of_another_order_changes_nothing(choice: str) -> None:
    assert hear(CHOSEN, said("", choice=choice), d.CONFIRMED).draft == CHOSEN


@pytest.mark.parametrize("ordinal", ["-3", "0", "9"])
def test_a_place_outside_the_list_is_no_choice(ordinal: str) -> None:
    assert hear(Draft(), said("那个", ordinal=ordinal), d.ORDER, [RUN, HOME]).draft.order is None


def test_changing_the_items_asks_for_them_anew_even_when_they_were_named_at_first() -> None:
    named = replace(CHOSEN, named="running shoes")
    after = hear(named, said("", choice="returns:other_items"), d.CONFIRMED).draft
    assert after.items == ()
    assert settle(after, ORDERS).items == ()


def test_items_that_have_left_the_order_are_dropped() -> None:
    assert settle(replace(CHOSEN, items=("shirts", "gone"), quantity=None), ORDERS).items == ("shirts",)


def test_no_more_than_ten_photos_are_kept_the_newest() -> None:
    full = replace(CHOSEN, photos=tuple(f"p{n}" for n in range(10)))
    assert hear(full, said("", photo="new"), d.PHOTOS).draft.photos == (*(f"p{n}" for n in range(1, 10)), "new")


def test_words_where_a_photo_is_asked_for_are_kept_as_the_comment() -> None:
    heard = hear(replace(CHOSEN, comment=None), said("没声音了", "report_damaged_item"), d.PHOTOS)
    assert (heard.draft.comment, heard.draft.photos) == ("没声音了", None)


def test_naming_the_order_that_is_chosen_already_is_no_misunderstanding() -> None:
    assert hear(CHOSEN, said("00101", order_number="00101"), d.PHOTOS).understood


@pytest.mark.parametrize("text", ["actually I'll keep the T-shirts and return the shoes", "T恤留着，退跑鞋"])
@pytest.mark.parametrize("asked", [d.CONFIRMED, d.REASON, d.PHOTOS])
def test_what_is_kept_and_what_goes_back_are_told_apart(text: str, asked: str) -> None:
    for intent in ("cancel_return", "return_item", "nlu_fallback"):
        draft = hear(CHOSEN, said(text, intent), asked).draft
        assert (draft.order, draft.items, draft.remedy) == (RUN, ("shoes",), Remedy.RETURN)


def test_goods_of_another_order_may_go_back_instead_of_those_that_are_kept() -> None:
    draft = hear(CHOSEN, said("keep the T-shirts, return the lamp", "return_item"), d.CONFIRMED).draft
    assert (draft.order, draft.items) == (HOME, ("lamp",))


def test_goods_that_shall_be_kept_leave_the_return_of_several() -> None:
    both = replace(CHOSEN, items=("shoes", "shirts"), quantity=None)
    assert hear(both, said("鞋子退，T恤不退", "return_item"), d.CONFIRMED).draft.items == ("shoes",)


@pytest.mark.parametrize("asked", [None, d.ORDER])
def test_a_number_told_before_the_goods_are_known_is_theirs(asked: str | None) -> None:
    told = hear(Draft(), said("袜子买多了 退两双", quantity="2"), asked).draft
    assert told.quantity == 2
    chosen = hear(told, said("", choice=f"order:{RUN}"), d.ORDER).draft
    assert hear(chosen, said("", choice="item:shirts"), d.ITEMS).draft.quantity == 2


def test_a_number_told_for_other_goods_is_forgotten_with_them() -> None:
    assert CHOSEN.with_items(["shoes"]).quantity is None
    assert CHOSEN.with_order(HOME).quantity is None


@pytest.mark.parametrize("text", ["买了两件T恤只收到一件", "I ordered two t-shirts and only one came"])
def test_how_many_were_bought_is_not_how_many_it_is_about(text: str) -> None:
    assert hear(Draft(), said(text, "report_missing_item", quantity="2"), None).draft.quantity is None
