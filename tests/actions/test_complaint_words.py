"""What the words of a complaint, a claim or feedback are understood to say, in both languages."""

from __future__ import annotations

import pytest

from actions.complaints import ratings as r
from actions.complaints import words as w
from aftersales.domain.cases import Severity
from aftersales.domain.claims import ComplaintType, PaymentTrouble, Wish


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("快递员态度恶劣，把快递扔在楼下", ComplaintType.DELIVERY),
        ("客服一直不回消息", ComplaintType.SERVICE),
        ("鞋子穿两天就开胶了，质量太差", ComplaintType.QUALITY),
        ("图上是真皮，跟描述不符", ComplaintType.ADVERTISING),
        ("莫名其妙多收我手续费", ComplaintType.PRICE),
        ("the courier threw my parcel over the fence", ComplaintType.DELIVERY),
        ("your support agent hung up on me", ComplaintType.SERVICE),
        ("it fell apart after a week", ComplaintType.QUALITY),
        ("false advertising, it is not as described", ComplaintType.ADVERTISING),
        ("I was overcharged", ComplaintType.PRICE),
        ("其他", ComplaintType.OTHER),
        ("今天", None),
    ],
)
def test_the_type_is_heard(text: str, kind: ComplaintType | None) -> None:
    assert w.complaint_type(text) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("不是质量，是快递的问题", ComplaintType.DELIVERY),
        ("it's not the quality, it's the delivery", ComplaintType.DELIVERY),
        ("not about quality but the courier", ComplaintType.DELIVERY),
    ],
)
def test_a_correction_counts_what_is_meant_not_what_is_denied(text: str, kind: ComplaintType) -> None:
    assert w.complaint_type(text, corrected=True) is kind


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("我要去12315投诉你们", Severity.URGENT),
        ("再不处理就找律师", Severity.URGENT),
        ("I'll file a chargeback with my bank", Severity.URGENT),
        ("my lawyer will be in touch", Severity.URGENT),
        ("太过分了！！", Severity.HIGH),
        ("this is UNACCEPTABLE", Severity.HIGH),
        ("THIS IS THE THIRD TIME", Severity.HIGH),
        ("包裹晚到两天", Severity.NORMAL),
        ("the parcel came two days late", Severity.NORMAL),
    ],
)
def test_anger_and_threats_are_heard(text: str, severity: Severity) -> None:
    assert w.severity(text) is severity


@pytest.mark.parametrize("text", ["我要投诉", "投诉一下你们", "I want to make a complaint", "我想投诉快递"])
def test_an_opening_alone_tells_nothing(text: str) -> None:
    assert not w.tells_something(text)


@pytest.mark.parametrize("text", ["我要投诉快递员骂人", "I want to complain: the box arrived open and wet"])
def test_an_opening_may_tell_everything(text: str) -> None:
    assert w.tells_something(text)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("要求退款", Wish.REFUND),
        ("补发一个", Wish.RESEND),
        ("赔偿我", Wish.COMPENSATION),
        ("请道歉", Wish.APOLOGY),
        ("I want my money back", Wish.REFUND),
        ("please send it again", Wish.RESEND),
        ("an apology", Wish.APOLOGY),
    ],
)
def test_the_wish_is_heard(text: str, wish: Wish) -> None:
    assert w.wished(text) is wish


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("被重复扣款了", PaymentTrouble.CHARGED_TWICE),
        ("I was charged twice", PaymentTrouble.CHARGED_TWICE),
        ("付了钱没看到订单", PaymentTrouble.NOT_SHOWN),
        ("paid but no order", PaymentTrouble.NOT_SHOWN),
        ("一直支付失败", PaymentTrouble.NOT_GOING_THROUGH),
        ("my card was declined", PaymentTrouble.NOT_GOING_THROUGH),
        ("多扣了20块", PaymentTrouble.WRONG_AMOUNT),
        ("付款有问题", None),
    ],
)
def test_what_is_wrong_with_a_payment_is_heard(text: str, trouble: PaymentTrouble | None) -> None:
    assert w.payment_trouble(text) is trouble


@pytest.mark.parametrize(
    ("text", "tail"),
    [("尾号8899的卡", "8899"), ("card ending in 1234", "1234"), ("卡****1111", "1111"), ("1234", None)],
)
def test_the_last_digits_of_a_card_are_heard(text: str, tail: str | None) -> None:
    assert w.card_tail(text) == tail


@pytest.mark.parametrize(
    "text", ["就这些", "没有了", "没有照片", "that's all", "no more", "None", "no, that's it"]
)
def test_that_there_is_no_more_is_heard(text: str) -> None:
    assert w.says_done(text)


@pytest.mark.parametrize("text", ["我要补充一下我的投诉", "I want to add something to my complaint"])
def test_the_wish_to_add_is_not_yet_what_is_added(text: str) -> None:
    assert w.wants_to_add(text)
    assert w.bare_addition(text)


def test_an_addition_may_come_with_the_wish_to_add() -> None:
    text = "补充投诉CS2026112112345：他昨天又来骂人"
    assert w.wants_to_add(text)
    assert not w.bare_addition(text)
    assert w.case_number(text) == "CS2026112112345"


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5", 5),
        ("五星", 5),
        ("★★★★", 4),
        ("给4分", 4),
        ("3/5", 3),
        ("8/10", 4),
        ("two stars", 2),
        ("very satisfied", 5),
        ("不满意", 2),
        ("还行吧", 3),
        ("10分钟就解决了", None),
        ("等了5分钟", None),
        ("我要评价", None),
    ],
)
def test_a_rating_is_heard_by_stars_numbers_and_words(text: str, rating: int | None) -> None:
    assert r.rating_told(text, asked=True) == rating


def test_a_bare_number_is_a_rating_only_where_one_was_asked_for() -> None:
    assert r.rating_told("4", asked=False) is None
