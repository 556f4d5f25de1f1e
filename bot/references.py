"""Order numbers, tracking numbers, phones, e-mail addresses and one-time codes. Pure; standard library only.

The plainly written order references (RD…, #1001, 尾号0012) are marked by the spaCy entity ruler and handed in as
spans; this module normalises them and finds the forms that need the words around them.
"""

# ruff: noqa: E501 - a pattern reads best on one line

import re

from bot.found import Found, Free
from bot.numerals import EN_SPOKEN, ZH_DIGIT, read_spoken_digits

_NOT_AN_ORDER = re.compile(
    r"(?:手机|手機|电话|電話|号码|號碼|卡|银行|运单|快递|物流|phone|mobile|card|cell|tracking)[号號单]?的?\s?$"
    r"|(?:(?:number|phone|mobile|card)\s(?:is\s|that\s)?)$"
)
_ORDER_FORMS = [
    re.compile(rf"(?<![a-z])r\s?d[\s-]?(?:{ZH_DIGIT}[\s-]?){{9,}}"),
    re.compile(rf"\br\s?d\s{EN_SPOKEN}"),
    re.compile(r"(?<!\d)20\d\d(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{5}(?!\d)"),
    re.compile(r"(?:订单|訂單|单号|單號|订单号|訂單號)(?:编号|編號|号|號)?(?:是|为|為)?[:：\s]*(?P<n>\d(?:[\s-]?\d){3,15})(?![\d.]*[块元])"),
    re.compile(r"\border\s?(?:(?:no\.?|number|num|id|#)\s?(?:is\s|:\s?)?)?(?P<n>\d(?:\s?\d){3,15})\b"),
]  # fmt: skip
_BARE_TAIL = re.compile(rf"\s*(?P<n>\d{{4,5}}|{ZH_DIGIT}{{4}}|{EN_SPOKEN})\s*[。.!！]?\s*")

_CARRIERS = (
    "顺丰|順豐|中通|圆通|圓通|申通|韵达|極兔|极兔|百世|邮政|郵政|德邦|京东|菜鸟|天天|快递单号|快遞單號|快递|快遞|运单号|运单|運單"
    "|物流单号|物流|单号|tracking|ups|usps|dhl|fedex|royal mail|evri|hermes|dpd|ems|sf express|parcel"
)
_TRACKING_FORMS = [
    re.compile(r"(?<![a-z0-9])1z(?:\s?[0-9a-z]){16}(?![0-9a-z])"),
    re.compile(r"(?<![a-z0-9])[a-z]{2}\s?\d{3}\s?\d{3}\s?\d{3}\s?[a-z]{2}(?![a-z0-9])"),
    re.compile(r"(?<![a-z0-9])(?:sf|yt|jt|jd|jdx|jdv|jdvb|zto|sto|yd|htky|db|dpk|ems|lp|cnesf)[\s-]?\d(?:[\s-]?\d){8,17}(?!\d)"),
    re.compile(rf"(?:{_CARRIERS})(?:[^\d,，。;；]{{0,12}}?)(?<![\d+])(?P<n>\d(?:[\s-]?\d){{9,23}})(?!\d)"),
    re.compile(r"(?<!\d)9[2-5]\d\d(?:\s?\d){16,22}(?!\d)"),
]  # fmt: skip

_PHONE_WORDS = r"(?:电话|電話|手机|手機|手提|座机|号码|號碼|联系方式|打给我|打給我|phone|mobile|cell|tel|call me|call|ring|reach me|text me|whatsapp)"
_PHONE_FORMS = [
    re.compile(r"\+\s?\d(?:[\s().-]{0,2}\d){6,14}(?!\d)"),
    re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)"),
    re.compile(r"(?<!\d)0\d{2,3}[\s-]\d{3,4}[\s-]?\d{4}(?!\d)"),
    re.compile(r"(?<!\d)0\d{3,4}\s?\d{3,4}\s?\d{3,4}(?!\d)"),
    re.compile(r"(?<![\d.])\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\d)"),
    re.compile(r"(?<![\d.-])\d{3}-\d{4}(?![\d-])"),
    re.compile(rf"{_PHONE_WORDS}[^\d,，。#]{{0,12}}(?P<n>\d(?:[\s-]?\d){{6,11}})(?!\d)"),
    re.compile(r"(?<![零〇一幺二两三四五六七八九十])[幺一](?:\s?[零〇一幺二两三四五六七八九]){10}(?![零〇一幺二三四五六七八九十百千万])"),
    re.compile(rf"{_PHONE_WORDS}[^零一幺二三四五六七八九]{{0,6}}(?P<n>[零〇一幺二三四五六七八九]{{7,12}})"),
]  # fmt: skip
_SPOKEN_PHONE = re.compile(EN_SPOKEN)

_LOCAL = r"[a-z0-9][a-z0-9._%+-]*"
_EMAIL_FORMS = [
    re.compile(rf"(?<![a-z0-9._%+-]){_LOCAL}\s?@\s?[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
    re.compile(r"\b[a-z0-9_+-]+(?:\s(?:dot|underscore|dash|plus)\s[a-z0-9_+-]+)*\sat\s[a-z0-9-]+(?:\sdot\s[a-z]+)+\b"),
    re.compile(r"(?<![a-z0-9])[a-z0-9_]+(?:[点點.][a-z0-9_]+)*(?:艾特|爱特|at)[a-z0-9-]+(?:[点點.][a-z]{2,})+"),
]  # fmt: skip
_SPELT = (
    (r"\sat\s|艾特|爱特", "@"),
    (r"\sdot\s|[点點]", "."),
    (r"\sunderscore\s", "_"),
    (r"\sdash\s", "-"),
    (r"\splus\s", "+"),
)

_CODE = re.compile(
    r"\s*(?:(?:短信)?(?:验证码|驗證碼|校验码|code)|(?:the|my)\scode|it'?s|是)?\s?(?:(?:is|was|是|为|為)(?![a-z]))?\s*[:,]?\s*"
    r"(?P<n>\d(?:[\s-]?\d){5}|(?:[零〇一幺二三四五六七八九]\s?){6})\s*[。.!！]?\s*"
)


def order_value(text: str) -> str | None:
    """Normal form of a marked order reference: "rd-2026 1101-00990" "RD2026110100990", "#1001" "1001", tails as digits."""
    if match := re.search(r"rd[\s-]*(\d[\d\s-]*)", text):
        digits = re.sub(r"\D", "", match[1])
        return f"RD{digits}" if 8 <= len(digits) <= 18 else None
    if match := re.search(r"#\s?(\d[\d-]*)", text):
        return match[1].replace("-", "") if len(match[1]) > 2 else None
    tail = re.search(rf"(?:\d|{ZH_DIGIT})(?:\s?(?:\d|{ZH_DIGIT}))*\s*$", text) or re.search(rf"{EN_SPOKEN}$", text)
    digits = read_spoken_digits(tail[0]) if tail else ""
    return digits if 3 <= len(digits) <= 6 else None


def find_orders(text: Free, spans: list[tuple[int, int]]) -> list[Found]:
    """Entities `order_number` from the ruler's spans and from forms that need context."""
    found = _marked_orders(text, spans) + _orders_in_context(text)
    bare = None if found else _BARE_TAIL.fullmatch(text.text)
    digits = read_spoken_digits(bare["n"]) if bare else ""
    if bare and 4 <= len(digits) <= 5:
        found.append(_claim(text, "order_number", digits, *bare.span("n")))
    return found


def _marked_orders(text: Free, spans: list[tuple[int, int]]) -> list[Found]:
    found = []
    for start, end in spans:
        written = text.text[start:end].rstrip()
        is_tail = "rd" not in written and "#" not in written
        if is_tail and _NOT_AN_ORDER.search(text.text[:start]):
            continue
        if value := order_value(written):
            found.append(_claim(text, "order_number", value, start, start + len(written)))
    return found


def _orders_in_context(text: Free) -> list[Found]:
    found = []
    for pattern in _ORDER_FORMS:
        for match in text.matches(pattern):
            start, end = match.span("n" if "n" in match.groupdict() else 0)
            written = text.text[start:end].rstrip(" ,-")
            spoken = re.match(r"r\s?d", written)
            digits = read_spoken_digits(written[spoken.end() :]) if spoken else re.sub(r"\D", "", written)
            if _NOT_AN_ORDER.search(text.text[:start]) or (spoken and len(digits) < 9):
                continue
            value = f"RD{digits}" if spoken else digits
            found.append(_claim(text, "order_number", value, start, start + len(written)))
    return found


def find_tracking(text: Free) -> list[Found]:
    """Entities `tracking_number`: carriers' own forms, or digits after a carrier's name."""
    found = []
    for pattern in _TRACKING_FORMS:
        for match in text.matches(pattern):
            start, end = match.span("n" if "n" in match.groupdict() else 0)
            value = re.sub(r"[\s-]", "", text.text[start:end]).upper()
            found.append(_claim(text, "tracking_number", value, start, end))
    return found


def find_emails(text: Free) -> list[Found]:
    """Entities `email`, also spelt out: "mia dot chen at example dot com", "zhang点wei艾特example点cn"."""
    found = []
    for pattern in _EMAIL_FORMS:
        for match in text.matches(pattern):
            value = match[0]
            for spelt, sign in _SPELT if "@" not in value else ():
                value = re.sub(spelt, sign, value)
            found.append(_claim(text, "email", re.sub(r"\s", "", value), *match.span()))
    return found


def find_phones(text: Free) -> list[Found]:
    """Entities `phone`: 7 to 15 digits, a leading + only if written."""
    found = []
    for pattern in _PHONE_FORMS:
        for match in text.matches(pattern):
            start, end = match.span("n" if "n" in match.groupdict() else 0)
            digits = read_spoken_digits(text.text[start:end])
            value = "+" + digits if match[0].startswith("+") else digits
            found.append(_claim(text, "phone", value, start, end))
    for match in text.matches(_SPOKEN_PHONE):
        if 7 <= len(digits := read_spoken_digits(match[0])) <= 12:
            found.append(_claim(text, "phone", digits, *match.span()))
    return found


def find_code(text: Free) -> list[Found]:
    """Entity `code` when the whole message is in essence a six-digit one-time code."""
    if not (match := _CODE.fullmatch(text.text)):
        return []
    return [_claim(text, "code", read_spoken_digits(match["n"]), *match.span("n"))]


def _claim(text: Free, entity: str, value: str, start: int, end: int) -> Found:
    text.claim(start, end)
    return Found(entity, value, start, end)
