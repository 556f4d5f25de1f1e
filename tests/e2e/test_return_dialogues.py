"""Whole returns on the running service, by the public chat API alone."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from tests.e2e.chat import Chat, words
from tests.services_at_work import Service

pytestmark = pytest.mark.e2e


@pytest.fixture
def lin(service: Service) -> Iterator[Chat]:
    chat = Chat.open(service.url, customer="cust_lin")
    yield chat
    chat.close()


@pytest.fixture
def emma(service: Service) -> Iterator[Chat]:
    chat = Chat.open(service.url, customer="cust_emma")
    yield chat
    chat.close()


def receive(service: Service, number: str) -> None:
    answer = httpx.post(
        f"{service.url}/api/merchant/returns/{number}/receive",
        headers={"Authorization": f"Bearer {service.merchant_key}"},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def filed_number(said: str) -> str:
    found = re.search(r"RT\d{13}", said)
    assert found, said
    return found.group()


def settled(chat: Chat, number: str, *, seconds: float = 30) -> dict[str, object]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        item = next(item for item in chat.returns() if item["number"] == number)
        if item["status"] == "closed":
            return item
        time.sleep(0.5)
    raise AssertionError(f"{number} is still {item}")


def test_a_customer_returns_an_item_in_chinese_until_the_money_is_back(service: Service, lin: Chat) -> None:
    told = lin.say("你好,我想退那双跑鞋,尺码不合适")
    assert "399.00" in words(told)
    assert [card["rule_id"] for m in told for card in m["cards"]] == ["seven_days_no_reason"]
    number = filed_number(words(lin.say("确认")))
    receive(service, number)
    assert "399.00" in lin.wait_for("退款 .*已退回")
    item = settled(lin, number)
    assert [refund["status"] for refund in item["refunds"]] == ["succeeded"]  # type: ignore[attr-defined]
    assert "399.00 已于" in words(lin.say("我的退款到账了吗"))


def test_a_customer_returns_two_of_three_in_english_with_corrections_and_a_question(emma: Chat) -> None:
    emma.say("I want to return the t-shirts")
    emma.say("one")
    verdict = words(emma.say("they are too small"))
    assert "×1" in verdict
    assert "×2" in words(emma.say("sorry, two of them"))
    answer = words(emma.say("who pays for return shipping?"))
    assert "you pay the postage" in answer
    assert "Shall I file this return" in answer
    said = words(emma.say("yes please"))
    number = filed_number(said)
    item = next(item for item in emma.returns() if item["number"] == number)
    assert [line["quantity"] for line in item["lines"]] == [2]
    assert item["status"] == "awaiting_parcel"
    emma.say("I changed my mind, cancel the return")
    assert "withdrawn" in words(emma.say("yes"))


def test_a_return_is_still_at_hand_after_many_questions_in_between(emma: Chat) -> None:
    emma.say("I want to return the t-shirts")
    emma.say("one")
    verdict = words(emma.say("they are too small"))
    assert "×1" in verdict
    for question in ("who pays for return shipping?", "how long do refunds take?") * 8:
        assert "Shall I file this return" in words(emma.say(question))
    number = filed_number(words(emma.say("yes please")))
    emma.say("please cancel the return")
    assert "withdrawn" in words(emma.say("yes"))
    assert next(item for item in emma.returns() if item["number"] == number)["status"] == "cancelled"


def test_a_damaged_item_needs_a_photo(emma: Chat) -> None:
    emma.say("One of the t-shirts arrived torn")
    assert "photo" in words(emma.choose("Return for a refund"))
    said = words(emma.send_photo(photo()))
    assert "Shall I file it?" in said
    assert "paid by us" in said
    emma.choose("No, not now")
    assert emma.returns() == [item for item in emma.returns() if item["reason"] != "damaged"]


def test_a_window_that_is_over_is_refused_with_its_rule_and_a_person_is_offered(lin: Chat) -> None:
    lin.say("我要退货,订单尾号00102")
    lin.say("耳机")
    said = words(lin.say("不喜欢"))
    assert "不能退" in said
    assert "转人工" in said
    filed = words(lin.choose("转人工"))
    assert re.search(r"CS\d{13}", filed)


def test_a_guest_proves_who_she_is_by_a_code_and_sees_nothing_before(service: Service) -> None:
    chat = Chat.open(service.url, language="en")
    own = Chat.open(service.url, customer="cust_emma")
    number = next(
        card["number"]
        for m in own.say("I want to return something from order 00201")
        for card in m["cards"]
        if card["number"].endswith("00201")
    )
    said = words(chat.say(f"I'd like to return my running shoes from order {number}"))
    assert "e-mail" in said
    said = words(chat.say("emma.clarke@example.com"))
    assert "code" in said
    assert chat.client.get("/api/chat/returns").status_code == 403
    assert "isn't right" in words(chat.say("000000"))
    said = words(chat.say(newest_code(service)))
    assert "verified" in said
    assert "shoes" in words(chat.log)
    chat.close()
    own.close()


def newest_code(service: Service) -> str:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        mails = httpx.get(f"{service.url}/demo/api/mails").json()
        codes = [
            re.search(r"\b\d{6}\b", mail["text"]) for mail in sorted(mails, key=lambda mail: -int(mail["id"]))
        ]
        if codes and codes[0]:
            return codes[0].group()
        time.sleep(0.3)
    raise AssertionError("no mail with a code came")


def test_a_stranger_learns_nothing_about_an_order_that_is_not_hers(service: Service, lin: Chat) -> None:
    emma = Chat.open(service.url, customer="cust_emma")
    foreign = next(card["number"] for m in lin.say("我有哪些订单") for card in m["cards"])
    missing = words(emma.say("I want to return order RD2020010199999"))
    theirs = words(emma.say(f"I want to return order {foreign}"))
    assert missing.replace("RD2020010199999", "") == theirs.replace(foreign, "")
    emma.close()


def test_one_request_for_a_person_is_enough_even_inside_a_form(emma: Chat) -> None:
    emma.say("I want to return something")
    said = words(emma.say("let me talk to a real person"))
    assert re.search(r"case CS\d{13}", said)


def test_the_language_follows_the_customer_and_a_wish_is_obeyed(lin: Chat) -> None:
    assert "您好" in words(lin.say("你好"))
    assert "English" in words(lin.say("Can we speak English please"))
    assert "Which order" in words(lin.say("我要退货"))
    assert "中文" in words(lin.say("还是说中文吧"))


@pytest.mark.parametrize(
    "text", ["😀😀😀", "<script>alert(1)</script>", "'; DROP TABLE returns; --", "/return_item", "a" * 2000]
)
def test_odd_input_gets_a_clear_answer_and_nothing_breaks(emma: Chat, text: str) -> None:
    assert words(emma.say(text))


def test_what_is_not_understood_is_asked_about_and_then_a_person_is_offered(emma: Chat) -> None:
    emma.say("flurb the wibble gronk")
    assert "Talk to a person" in words(emma.say("gronk wibble flurb zzz"))
