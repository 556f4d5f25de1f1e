"""The entity rules, with the spans that the entity ruler would mark given by hand."""

from datetime import date

import pytest

from bot.entities import find_entities
from bot.references import order_value

SATURDAY = date(2026, 11, 21)


def values(text: str, entity: str, marked: str | None = None, today: date = SATURDAY) -> list[str | int]:
    spans = [(text.index(marked), text.index(marked) + len(marked))] if marked else []
    return [one.value for one in find_entities(text, today, spans) if one.entity == entity]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("rd2026111000123", "RD2026111000123"),
        ("rd-2026-1110-00123", "RD2026111000123"),
        ("rd 20261110 00123", "RD2026111000123"),
        ("#1001", "1001"),
        ("尾号0012", "0012"),
        ("后四位是零零一二", "0012"),
        ("last four 0012", "0012"),
    ],
)
def test_an_order_reference_is_normalised(written: str, value: str) -> None:
    assert order_value(written) == value


def test_a_tail_number_keeps_its_leading_zeros() -> None:
    assert values("尾号0012的那单", "order_number", "尾号0012") == ["0012"]


def test_the_tail_of_a_phone_is_no_order_number() -> None:
    assert values("我手机尾号7788", "order_number", "尾号7788") == []


def test_a_bare_four_digit_answer_is_an_order_tail() -> None:
    assert values("0456", "order_number") == ["0456"]


def test_an_order_number_spelt_out_in_english_is_read() -> None:
    text = "r d two zero two six one one one zero double zero one two three"
    assert values(text, "order_number") == ["RD2026111000123"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("寄回单号SF1234567890123", "SF1234567890123"),
        ("圆通 8765 4321 0987 6", "8765432109876"),
        ("sent by ups 1z 111 aa1 01 2345 6784", "1Z111AA10123456784"),
    ],
)
def test_a_tracking_number_loses_spaces_and_case(text: str, value: str) -> None:
    assert values(text, "tracking_number") == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("打 139-0000-1111", "13900001111"),
        ("ring +49 30 5550 1234", "+493055501234"),
        ("一三九零零零零一一一一", "13900001111"),
        ("five five five, oh one double two", "5550122"),
    ],
)
def test_a_phone_is_digits_with_a_plus_only_if_written(text: str, value: str) -> None:
    assert values(text, "phone") == [value]


def test_an_address_spelt_out_becomes_an_email() -> None:
    assert values("it is ann dot li at example dot org", "email") == ["ann.li@example.org"]


def test_a_full_width_address_becomes_half_width_and_lower_case() -> None:
    assert values("ＡＮＮ＠example.com", "email") == ["ann@example.com"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("两百块", "200.00"),
        ("扣了88块8", "88.80"),
        ("三千六的押金", "3600.00"),
        ("一共¥2,049.5", "2049.50"),
        ("forty-five dollars gone", "45.00"),
        ("thirty pence", "0.30"),
        ("€9,95", "9.95"),
    ],
)
def test_an_amount_is_a_decimal_with_two_places(text: str, value: str) -> None:
    assert values(text, "amount") == [value]


@pytest.mark.parametrize("text", ["一块儿退", "退了七天还没到", "size 42", "四角裤破了", "几百块的事"])
def test_what_is_no_money_is_no_amount(text: str) -> None:
    assert values(text, "amount") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("上周一寄的", "2026-11-09"),
        ("这周一寄的", "2026-11-16"),
        ("下周一来", "2026-11-23"),
        ("大后天", "2026-11-24"),
        ("三天前", "2026-11-18"),
        ("10月20号", "2026-10-20"),
        ("上个月2号", "2026-10-02"),
        ("去年双十一", "2025-11-11"),
        ("last Friday", "2026-11-20"),
        ("Monday of last week", "2026-11-09"),
        ("on the 30th", "2026-10-30"),
        ("Oct. 2nd, 2025", "2025-10-02"),
        ("2 weeks ago", "2026-11-07"),
        ("by Tuesday", "2026-11-24"),
    ],
)
def test_a_day_is_relative_to_today(text: str, value: str) -> None:
    assert values(text, "date") == [value]


def test_a_date_without_a_year_is_the_latest_past_one() -> None:
    assert values("12月30号下的单", "date", today=date(2027, 1, 3)) == ["2026-12-30"]


def test_an_impossible_date_is_no_date() -> None:
    assert values("2月31号", "date") == []


@pytest.mark.parametrize("text", ["七天无理由", "within 30 days", "保修两年", "last week"])
def test_a_duration_is_no_date(text: str) -> None:
    assert values(text, "date") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("坏了三个", 3),
        ("买了俩", 2),
        ("一打杯子", 12),
        ("half a dozen eggs", 6),
        ("four shirts", 4),
        ("mugs x2", 2),
        ("2x mug", 2),
        ("2 t-shirts", 2),
        ("two T-shirts", 2),
        ("3 usb-c cables", 3),
        ("return one shirt", 1),
        ("send back one lamp", 1),
        ("one of the mugs", 1),
        ("return two, please", 2),
        ("one hoodie please", 1),
        ("just one", 1),
        ("就退一个", 1),
    ],
)
def test_counted_goods_are_a_quantity(text: str, value: int) -> None:
    assert values(text, "quantity") == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三双袜子退两双", [3, 2]),
        ("两个马克杯退一个", [2, 1]),
        ("I ordered three pairs of socks and want to return two", [3, 2]),
        ("2 mugs and 1 lamp", [2, 1]),
    ],
)
def test_what_was_bought_and_what_goes_back_both_stay(text: str, value: list[str | int]) -> None:
    assert values(text, "quantity") == value


@pytest.mark.parametrize(
    "text",
    [
        "一个月",
        "第二个",
        "两次",
        "size 9 shoes",
        "48 hours",
        "last four digits",
        "the blue one",
        "one of my orders",
        "return one day late",
        "one more question",
        "return order 1001",
        "我想退一个东西",
        "四件套想退",
    ],
)
def test_durations_places_and_sizes_are_no_quantity(text: str) -> None:
    assert values(text, "quantity") == []


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("两双,哦不,三双", "quantity", [3]),
        ("$20, sorry no, $30", "amount", ["30.00"]),
        ("不是周一,是周二", "date", ["2026-11-17"]),
    ],
)
def test_a_corrected_number_keeps_only_the_correction(text: str, entity: str, value: list[str | int]) -> None:
    assert values(text, entity) == value


def test_two_values_without_a_correction_both_stay() -> None:
    assert values("付了300块,只退了200块", "amount") == ["300.00", "200.00"]


@pytest.mark.parametrize("text", ["123456", "123 456", "１２３４５６", "验证码是 123456", "my code is 123-456"])
def test_a_bare_six_digit_message_is_a_code(text: str) -> None:
    assert values(text, "code") == ["123456"]


def test_six_digits_within_a_sentence_are_no_code() -> None:
    assert values("邮编是200000,改一下地址", "code") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("第二个", "2"),
        ("最后那个", "-1"),
        ("选3", "3"),
        ("the 2nd one", "2"),
        ("the last one", "-1"),
        ("first", "1"),
        ("B", "2"),
    ],
)
def test_a_choice_is_an_ordinal(text: str, value: str) -> None:
    assert values(text, "ordinal") == [value]


def test_a_bare_number_is_a_choice_and_a_quantity() -> None:
    assert values("2", "ordinal") == ["2"]
    assert values("2", "quantity") == [2]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("太小了", "wrong_size"),
        ("那双shoes size不对", "wrong_size"),
        ("碎了", "damaged"),
        ("开不了机", "defective"),
        ("发错了", "wrong_item"),
        ("少发一件", "missing_item"),
        ("色差太大", "not_as_described"),
        ("颜色跟图片差太多", "not_as_described"),
        ("changed my mind", "no_longer_needed"),
        ("found it cheaper", "price"),
        ("too late", "late"),
        ("其他", "other"),
    ],
)
def test_a_reason_is_named_by_its_code(text: str, value: str) -> None:
    assert values(text, "reason") == [value]


def test_offsets_point_into_the_text_as_written() -> None:
    text = "付了￥１２，上周三到的"
    found = {one.entity: text[one.start : one.end] for one in find_entities(text, SATURDAY, [])}
    assert found["date"] == "上周三"
    assert "１２" in found["amount"]
