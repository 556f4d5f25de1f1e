"""Cancelling and changing an order in a talk, over real services; the messages come understood."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aftersales.domain.changes import ChangeState
from aftersales.domain.errors import Unavailable
from aftersales.domain.orders import Address
from aftersales.services.change_views import list_changes
from aftersales.services.changes_at_shop import continue_changes
from tests.actions.matter_talk import Talk
from tests.unsent import CAP, NUMBER, TEES, Unsent, open_unsent

ALL_SHOWN = "utter_orders_confirm_cancel_all"
PART_SHOWN = "utter_orders_confirm_cancel_part"


@pytest.fixture
async def unsent(tmp_path: Path) -> AsyncIterator[Unsent]:
    async with open_unsent("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture
async def talk(unsent: Unsent) -> Talk:
    return await Talk.open(unsent.goods.ctx)


async def changes(unsent: Unsent) -> list[ChangeState]:
    return [view.change.state for view in await list_changes(unsent.goods.ctx, customer_id="c-lin")]


async def test_the_only_order_that_can_be_cancelled_is_taken_and_nothing_done_before_the_yes(
    talk: Talk, unsent: Unsent
) -> None:
    assert await talk.say("帮我取消订单", "cancel_order") == [ALL_SHOWN]
    assert talk.told(ALL_SHOWN)["order"] == NUMBER
    assert "316.00" in talk.told(ALL_SHOWN)["money"]
    assert await changes(unsent) == []
    assert await talk.tap("confirm_cancel") == ["utter_orders_done"]
    assert (await unsent.order()).status == "cancelled"
    assert talk.slots["orders_change"] is None


async def test_one_sentence_names_the_goods_and_how_many(talk: Talk, unsent: Unsent) -> None:
    said = await talk.say("订单尾号00009的T恤取消两件", "cancel_order", order_number="00009", quantity="2")
    assert said == [PART_SHOWN]
    assert "×2" in talk.told(PART_SHOWN)["items"]
    await talk.say("对", "affirm")
    assert (await unsent.order()).line(TEES).cancelled == 2


async def test_a_correction_at_the_consent_is_shown_anew(talk: Talk, unsent: Unsent) -> None:
    await talk.say("取消订单", "cancel_order")
    old = talk.buttons
    assert await talk.say("只取消棒球帽", "cancel_order") == [PART_SHOWN]
    stale = next(payload for title, payload in old.items() if "confirm_cancel" in title)
    choice = stale.partition('"choice":"')[2].rstrip('"}')
    assert await talk.say(stale, "affirm", choice=choice) == ["utter_orders_confirm_again"]
    assert await changes(unsent) == []
    assert await talk.tap("cancel_whole") == [ALL_SHOWN]
    await talk.tap("cancel_part")
    assert talk.asked == "orders_items"
    await talk.say("第二个", ordinal="2")
    await talk.tap("confirm_cancel")
    assert [(line.id, line.cancelled) for line in (await unsent.order()).lines] == [(TEES, 0), (CAP, 1)]


async def test_a_no_leaves_the_order_as_it_is(talk: Talk, unsent: Unsent) -> None:
    await talk.say("取消订单", "cancel_order")
    assert await talk.say("不用了", "deny") == ["utter_orders_kept"]
    assert await changes(unsent) == []


async def test_a_turn_that_is_run_again_acts_once_and_says_the_same(talk: Talk, unsent: Unsent) -> None:
    await talk.say("取消订单", "cancel_order")
    before = dict(talk.slots)
    first = await talk.say("确认", "affirm", message_id="again")
    talk.slots = before
    assert await talk.say("确认", "affirm", message_id="again") == first == ["utter_orders_done"]
    assert len(await changes(unsent)) == 1


async def test_cancelling_twice_is_told_with_where_the_money_is(talk: Talk, unsent: Unsent) -> None:
    await talk.say("取消订单", "cancel_order")
    await talk.say("确认", "affirm")
    said = await talk.say("取消订单", "cancel_order", order_number=NUMBER)
    assert said == ["utter_orders_end_cancelled", "utter_orders_status_applied"]


async def test_a_sent_order_is_offered_to_a_person_and_filed_with_all_that_was_said(
    talk: Talk, unsent: Unsent
) -> None:
    await unsent.send(TEES, 3)
    await unsent.send(CAP, 1)
    async with unsent.goods.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE shop_fulfilments SET delivered_at = NULL WHERE order_id = 'o9'")
    said = await talk.say("路上那件我不要了", "cancel_order", order_number=NUMBER)
    assert said == ["utter_orders_person_sent_cancel", "utter_orders_pass_on"]
    assert await talk.say("尽快,我后天出差", "inform") == ["utter_orders_noted", "utter_orders_pass_on"]
    assert await talk.say("好", "affirm") == ["utter_orders_passed_on"]
    [case] = await unsent.goods.cases()
    assert (case.reason, case.customer_id) == ("cancel_order", "c-lin")
    assert "尽快,我后天出差" in case.summary


async def test_a_delivered_order_leads_to_a_return(talk: Talk, unsent: Unsent) -> None:
    await unsent.send(TEES, 3)
    await unsent.send(CAP, 1)
    assert await talk.say("取消", "cancel_order", order_number=NUMBER) == ["utter_orders_end_delivered"]
    assert any(payload.startswith("/return_item") for payload in talk.buttons.values())


async def test_anothers_order_is_as_missing(unsent: Unsent) -> None:
    talk = await Talk.open(unsent.goods.ctx, customer_id="c-emma")
    foreign = await talk.say("取消", "cancel_order", order_number=NUMBER)
    assert foreign == await talk.say("取消", "cancel_order", order_number="RD2026112099999")


async def test_an_address_in_one_sentence_is_shown_masked_and_corrected_at_the_consent(
    talk: Talk, unsent: Unsent
) -> None:
    text = "地址改成上海市浦东新区世纪大道100号,李雷,13800000000"
    assert await talk.say(text, "modify_order", phone="13800000000") == ["utter_orders_confirm_address"]
    shown = talk.told("utter_orders_confirm_address")["address"]
    assert "世纪大道100号" in shown
    assert "13800000000" not in shown
    assert "138****0000" in shown
    assert await talk.say("门牌是上海市浦东新区世纪大道200号", "inform") == ["utter_orders_confirm_address"]
    assert await talk.say("电话13900001111", "inform", phone="13900001111") == ["utter_orders_confirm_address"]
    assert await talk.say("对的", "affirm") == ["utter_orders_done"]
    assert (await unsent.order()).address == Address(
        name="李雷", phone="+8613900001111", lines=("浦东新区世纪大道200号",), city="上海市"
    )


async def test_an_address_without_a_place_is_asked_about_once(talk: Talk) -> None:
    assert await talk.say("改一下收货地址", "modify_order") == ["utter_orders_which_address"]
    assert await talk.say("浦东新区张江路8号") == ["utter_orders_problem_partial", "utter_orders_address_place"]
    assert await talk.say("浦东新区张江路8号") == ["utter_orders_confirm_address"]


async def test_a_recipient_alone_keeps_the_rest(talk: Talk, unsent: Unsent) -> None:
    await talk.say("收件人改成王小明", "modify_order")
    await talk.say("对", "affirm")
    address = (await unsent.order()).address
    assert address is not None
    assert (address.name, address.lines) == ("王小明", ("示例路 1 号",))


async def test_another_country_is_for_a_person(talk: Talk) -> None:
    said = await talk.say("ship it to 5 Elm St, Boston MA 02110 instead", "modify_order")
    assert said == ["utter_orders_person_country", "utter_orders_pass_on"]


async def test_a_size_is_changed_by_words(talk: Talk, unsent: Unsent) -> None:
    assert await talk.say("T恤换成L码", "modify_order") == ["utter_orders_confirm_variant"]
    await talk.say("好", "affirm")
    assert (await unsent.order()).line(TEES).variant_id == "tee-blue-l"


async def test_a_variant_is_chosen_from_what_is_in_stock(talk: Talk, unsent: Unsent) -> None:
    assert await talk.say("T恤换个颜色", "modify_order") == ["utter_orders_which_variant"]
    assert "藏青 / M" not in talk.buttons  # two left, three wanted
    assert await talk.tap("酒红") == ["utter_orders_confirm_variant"]
    assert "60.00" in talk.told("utter_orders_confirm_variant")["money"]


async def test_a_dearer_variant_is_told_and_another_may_be_named(talk: Talk) -> None:
    said = await talk.say("T恤换成金色", "modify_order")
    assert said == ["utter_orders_person_dearer", "utter_orders_pass_on"]


async def test_fewer_units_pay_back(talk: Talk, unsent: Unsent) -> None:
    assert await talk.say("T恤改成两件", "modify_order", quantity="2") == ["utter_orders_confirm_quantity"]
    assert "79.00" in talk.told("utter_orders_confirm_quantity")["money"]
    await talk.say("确认", "affirm")
    line = (await unsent.order()).line(TEES)
    assert (line.unsent, line.cancelled) == (2, 1)


async def test_more_units_are_for_a_person(talk: Talk) -> None:
    assert "utter_orders_person_more_units" in await talk.say("T恤再加一件", "modify_order")


@pytest.mark.parametrize(
    ("text", "why"),
    [("改成周六派送", "delivery"), ("换个付款方式", "payment"), ("can you pick it up at a locker", "delivery")],
)
async def test_what_no_shop_changes_by_itself_is_a_dated_case(
    talk: Talk, unsent: Unsent, text: str, why: str
) -> None:
    assert await talk.say(text, "modify_order") == [f"utter_orders_person_{why}", "utter_orders_pass_on"]
    assert await talk.tap("好") if "好" in "".join(talk.buttons) else await talk.say("好", "affirm")
    [case] = await unsent.goods.cases()
    assert (case.reason, text in case.summary) == ("modify_order", True)


async def test_a_vague_wish_is_asked_about(talk: Talk) -> None:
    assert await talk.say("我想改一下订单", "modify_order") == ["utter_orders_choose_kind"]
    assert await talk.tap("kind_quantity") == ["utter_orders_items_to_change"]
    assert await talk.say("T恤") == ["utter_orders_how_many"]
    assert await talk.say("一件", quantity="1") == ["utter_orders_confirm_quantity"]


async def test_a_shop_that_is_away_is_told_and_the_change_made_later(talk: Talk, unsent: Unsent) -> None:
    await talk.say("取消订单", "cancel_order")
    unsent.goods.shop.before.append(Unavailable())
    assert await talk.say("确认", "affirm") == ["utter_orders_status_waiting"]
    unsent.goods.clock.advance(seconds=10)
    await continue_changes(unsent.goods.ctx)
    assert await unsent.goods.news() == ["utter_orders_change_applied"]


async def test_a_shop_that_sends_in_that_moment_is_looked_at_again(talk: Talk, unsent: Unsent) -> None:
    await talk.say("取消订单", "cancel_order")
    await unsent.send(CAP, 1)
    said = await talk.say("确认", "affirm")
    assert said == ["utter_orders_changed_since", PART_SHOWN] or said == ["utter_orders_changed_since", ALL_SHOWN]
    assert await changes(unsent) == []


@pytest.mark.parametrize(
    "text", ["取消了吗", "改好了吗？", "did you cancel it?", "has my order been changed yet?"]
)
async def test_a_question_whether_it_is_done_is_answered_and_changes_nothing(
    talk: Talk, unsent: Unsent, text: str
) -> None:
    await talk.say("取消棒球帽", "cancel_order")
    await talk.say("确认", "affirm")
    assert await talk.say(text, "cancel_order") == ["utter_orders_status_applied"]
    assert len(await changes(unsent)) == 1
    await talk.say("改一下收货地址", "modify_order")
    assert await talk.say(text, "modify_order") == ["utter_orders_status_applied", "utter_orders_which_address"]


async def test_a_question_is_not_a_note_for_a_person(talk: Talk) -> None:
    await talk.say("改成周六派送", "modify_order", date="2026-11-21")
    assert await talk.say("什么意思", "affirm", choice="x:y") != []
    assert talk.asked is None or "utter_orders_noted" not in [said["response"] for said in talk.last]
