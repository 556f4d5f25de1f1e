"""What is to be changed about an order, by the words of the customer. Pure."""

from __future__ import annotations

import re

from actions.said import Said

CANCEL, ADDRESS, VARIANT, QUANTITY = "cancel", "address", "variant", "quantity"
# What only a person can change.
PAYMENT, DELIVERY, OTHER = "payment", "delivery", "other"
# Nothing is to be changed: the last change is asked about.
STATUS = "status"
KINDS = (CANCEL, ADDRESS, VARIANT, QUANTITY, DELIVERY, PAYMENT, OTHER)

_COUNT_ZH, _COUNT_EN = r"[一两二三四五六七八九十\d]", r"(?:one|two|three|four|five|\d+)"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_PAYMENT = _any(
    r"付款方式|支付方式|换.{0,3}(?:支付|付款)|改.{0,3}(?:支付|付款)|花呗|货到付款",
    r"\bpay(?:ment|ing)?\b.{0,20}\b(?:method|means|mode|with|by)\b",
    r"\bpay with\b|\bdiff(?:erent)? card\b|\bcod\b|\bprepaid\b",
)
_DELIVERY = _any(
    r"(?:晚|早|推迟|提前|延后|延迟).{0,4}(?:天|发|送|派|寄)|(?:派送|送货|配送|收货|到货)(?:时间|日期)|改天",
    r"自提|驿站|代收点|丰巢|快递柜|菜鸟|(?:周|星期|礼拜)[一二三四五六日天末].{0,3}(?:送|派|到)",
    r"(?:送|派件|派送).{0,3}(?:周|星期|礼拜)|改成?.{0,2}(?:顺丰|京东|中通|圆通|韵达|邮政)|换.{0,2}(?:顺丰|快递)",
    r"\bpick-?\s?up\b|\blocker\b|\bself collect|\breschedul|\bdeliver(?:y|ed)?\s(?:day|date|time|slot)\b",
    r"\bdeliver(?:ed|y)?\b.{0,25}\b(?:later|earlier|evening|morning|mon|tues|wednes|thurs|fri|satur|sun)",
    r"\banother day\b|\bpush(?:ing|ed)?\b.{0,15}\bback\b|\bcollection point\b|\bneighbour\b",
)
_ADDRESS = _any(
    r"地址|收[货件]人|联系人|电话|手机|门牌|搬家|寄到|寄去|发到|送到|送去|改寄|改送|改发|(?:宿舍|公司|学校).{0,4}(?:收|寄|送)",
    r"\baddress|\brecipient\b|\bphone\b|\bmobile\b|\bpost\s?code\b|\bzip\b|\bstreet\b|\bflat number\b|\bmoved\b",
    r"\b(?:ship|send|sent|deliver|delivered|redirect|goes)\b.{0,20}\bto\b",
)
_QUANTITY = _any(
    rf"数量|件数|少[要买]?{_COUNT_ZH}|减[{_COUNT_ZH[1:-1]}掉少]|多[要买加]|加{_COUNT_ZH}(?!下)|再[来加]",
    rf"(?:[改变换]成?|只要|就要){_COUNT_ZH}+\s?[件个双条只盒份套]",
    rf"\bquantity\b|\bhow many\b|\b{_COUNT_EN} (?:more|less|fewer)\b|\bmake it {_COUNT_EN}\b",
    rf"\bonly (?:need|want) {_COUNT_EN}\b|\badd\b.{{0,12}}\b(?:more|another)\b",
    rf"\binstead of {_COUNT_EN}\s*(?:$|[.!?,])",
)
_VARIANT = _any(
    r"颜色|色的|尺[码寸]|[大小]一?[码号]|款式|型号|规格|换成|换款",
    r"\bsize\b|\bcolou?r\b|\bvariant\b|\bmodel\b|\bbigger\b|\bsmaller\b",
    r"\bin (?:a |the )?(?:black|white|blue|red|green|gr[ea]y|navy|pink|yellow)\b",
)
_MORE = _any(rf"多[要买加]|加{_COUNT_ZH}(?!下)|再[来加]|\b{_COUNT_EN} more\b|\badd\b|\banother\b")
_LESS = _any(
    rf"(?:少[要买]?|减[掉少]?|去掉)(?P<zh>{_COUNT_ZH})",
    rf"\b(?P<en>{_COUNT_EN}) (?:less|fewer)\b|\b(?:remove|drop) (?P<off>{_COUNT_EN})\b",
)
_LEFT = _any(
    rf"(?:[改变换]成?|只要|就要|数量改?成?|留)(?P<zh>{_COUNT_ZH}+)(?![下点些码号])\s?[件个双条只盒份套]?",
    rf"\b(?:make it|to|only (?:need|want)|just(?: want)?|keep) (?:only )?(?P<en>{_COUNT_EN})\b",
    rf"\b(?P<of>{_COUNT_EN}) instead of\b",
)
_TAKE_OFF = _any(r"去掉|撤掉|删掉|不要了", r"\btake\b.{0,40}\boff\b|\bremove\b|\bdrop\b")
_CANCEL = _any(r"取消.{0,12}单(?!号)|单子?.{0,3}取消", r"\bcancel\b.{0,30}\border\b")
_OTHER_CANCEL = _any(
    r"退[货款单]|换货|投诉|不取消|别取消",
    r"\breturn\b|\brefund\b|\bexchange\b|\bcomplain|\bcase\b|n't cancel|not cancel",
)
_ASKED = _any(
    r"(?:取消|改|换|办|修改)(?:好|成功|掉|完)?了(?:吗|没|么)",
    r"^(?:so |and )?(?:did (?:you|it)|have you|has (?:it|my order|the order))\b"
    r".{0,30}\b(?:cancel|chang|updat|go(?:ne)? through)",
    r"^(?:so |and )?(?:is|was) (?:it|my order|the order) (?:already |now )?(?:cancel|chang|updat|done)",
)
_NUMBERS = {
    **{word: n for n, word in enumerate("零一二三四五六七八九十")},
    "两": 2,
    **{word: n for n, word in enumerate(("zero", "one", "two", "three", "four", "five"))},
}


def asks_status(said: Said) -> bool:
    """Whether the words ask if a change was made, instead of wishing for one."""
    return bool(not said.structured and _ASKED.search(said.text))


def kind_heard(said: Said) -> str | None:
    """The kind of change that a message names, by its button, its intent or its words."""
    if said.choice and said.choice[0] == "change":
        return said.choice[1] if said.choice[1] in KINDS else None
    if said.structured:
        return CANCEL if said.intent == "cancel_order" else None
    if said.intent == "cancel_order" or names_cancelling(said.text):
        return CANCEL
    return _by_words(said.text)


def names_cancelling(text: str) -> bool:
    """Whether the words cancel an order, rather than a return or a complaint."""
    return bool(_CANCEL.search(text)) and not _OTHER_CANCEL.search(text)


def _by_words(text: str) -> str | None:
    patterns = ((PAYMENT, _PAYMENT), (DELIVERY, _DELIVERY), (ADDRESS, _ADDRESS), (QUANTITY, _QUANTITY))
    named = next((kind for kind, words in (*patterns, (VARIANT, _VARIANT)) if words.search(text)), None)
    return CANCEL if named is None and _TAKE_OFF.search(text) else named


def units_left(text: str, *, now: int) -> int | None:
    """How many units a line shall have, when it has `now`; None where the words name no number."""
    less = _LESS.search(text)
    if less:
        return max(0, now - _number(next(word for word in less.groups() if word)))
    if _MORE.search(text):
        return now + 1
    left = _LEFT.search(text)
    return _number(next(word for word in left.groups() if word)) if left else None


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else _NUMBERS.get(word.lower(), 0)
