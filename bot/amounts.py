"""Amounts of money and quantities of goods. Pure; standard library only.

An amount is a number with a currency, or one that only money explains (押金三千二, spent 1.2k). A quantity is a
number of counted goods; durations, sizes, model numbers and codes are neither.
"""

# ruff: noqa: E501 - a pattern reads best on one line

import re
from decimal import Decimal

from bot.found import Found, Free
from bot.numerals import DIGITS, EN_NUMBER, ZH_NUMBER, read_number

_SIGN = r"(?:us\$|hk\$|nt\$|s\$|a\$|c\$|\$|¥|£|€|usd|cny|rmb|eur|gbp|hkd|sgd|人民币|港币)"
_ZH_ANY = rf"(?:\d+(?:\.\d+)?万|\d[千百]\d?|{DIGITS}|{ZH_NUMBER})"
_ZH_MIXED = r"(?:\d[千百]\d|\d+(?:\.\d+)?[千万])"
_NO_GOODS = r"(?!手表|表|布|肉|蛋糕|肥皂|香皂|面膜|电池|屏|砖|玻璃|木板|糖|巧克力|石|地毯)"
_EN_MONEY = r"(?:dollars?|bucks?|quid|pounds?|euros?|yuan|usd|rmb|hkd|gbp|eur)\b"
_ZH_PAID = r"(?:付了?|扣了?|花了?|退了?我?|赔我?|少退|多扣|到账|押金|差价|实付|原价|现价|补|返)"
_EN_PAID = r"\b(?:paid|pay|spent|took|charged|charge|refunded|refund of|owe me|owes me|cost|costs|worth|deducted)\s(?:me\s|us\s|it\s)?"
_AMOUNTS = [
    re.compile(rf"{_SIGN}\s?(?P<n>{DIGITS})(?:\s?(?P<scale>k(?![a-z])|万))?"),
    re.compile(
        rf"(?<![第#\d.几幾数好上])(?!一[块塊](?!钱|錢|多|$|[\s,，。！!?？\d零一二三四五六七八九]))(?P<n>{_ZH_ANY})\s?(?:块|塊|元|圆|蚊|刀|美元|美金)(?:钱|錢|整)?{_NO_GOODS}"
        r"(?P<part>[零〇一二两三四五六七八九\d]{1,2})?(?P<unit>毛|角|分)?(?![\d年月])"
    ),
    re.compile(rf"(?P<n>{DIGITS}|{ZH_NUMBER})\s?(?P<unit>毛|角|分)(?:钱|錢)"),
    re.compile(r"(?P<n>\d|[一二两三四五六七八九])(?:(?P<unit>毛)(?![衣巾笔绒毯线])|角(?=$|[\s,，。]))"),
    re.compile(rf"(?<![\w.])(?P<n>\d+(?:\.\d+)?)(?P<scale>k)?\s?{_EN_MONEY}"),
    re.compile(rf"(?P<n>{EN_NUMBER})\s(?:{_EN_MONEY}|(?P<unit>cents?|pence)\b)"),
    re.compile(r"(?<![\w.])(?P<n>\d{1,2})\s?(?P<unit>cents?|pence|p)\b"),
    re.compile(rf"{_EN_PAID}(?:about\s|around\s|only\s)?(?P<n>{DIGITS})(?P<scale>k)?(?![\w%.])(?!\s(?:times?|items?|days?|weeks?|hours?|of|x|units?|pairs?))"),
    re.compile(r"(?<![\w.])(?P<n>\d+(?:\.\d+)?万)(?=的|块|买|$|[,，。!！?？])"),
    re.compile(rf"{_ZH_PAID}(?P<n>{_ZH_MIXED})(?![\d件个個双条])"),
    re.compile(rf"(?<![\d.])(?P<n>{_ZH_MIXED})(?=块|元|的|买|買|$|[,，。!！?？])"),
    re.compile(rf"{_ZH_PAID}(?P<n>{DIGITS}|[一二两三四五六七八九]*十[一二三四五六七八九]?)(?=$|[\s,，。!！?？才就])"),
    re.compile(
        rf"{_ZH_PAID}(?P<n>[一二两三四五六七八九]+[百千万][零一二两三四五六七八九百千]*)多?(?![件个個双条只瓶箱包盒天年人次多])"
    ),
    re.compile(
        r"(?<![零〇一二两兩三四五六七八九十百千万第\d])(?P<n>[一二两兩三四五六七八九]+[十百千万][零一二两三四五六七八九十百千]*)"
        r"(?=$|[\s,，。!！?？的才就买買到])"
    ),
]  # fmt: skip

_MEASURE = "[件个個双雙条條只隻瓶箱包盒袋本台部套张張片支枝把罐桶杯卷对對副份顶頂床盆串颗粒根块塊]"
_AFTER = r"(?!套|半?月|图|照片|照|卡|银行卡|信用卡|票|账号|账户|星|孔|包裹|小时|小時|钟|星期|礼拜|字|人|问题|办法|意思|客服|电话|电話|多月|说法|工作日|码|碼|号|装|次)"
_DOZEN_AFTER = r"(?!电话|電話|开|開|听|不|完|折|算|包|1|一|,|，|$)"
_ONE_COUNTS = r"(?<=[少缺漏了只就各碎坏丢])"
_ONE_BACK = r"(?<=[退還还])(?P<n>一)[个個](?!\s?(?:东西|東西|商品|产品|產品|订单|訂單))"
_EN_UNIT_WORDS = (
    r"days|weeks|months|years|hours|minutes|mins|hrs|seconds|times|pounds|dollars|bucks|euros|inches|stars|percent|cents|people"
    r"|kids|digits|numbers|letters|characters|business|working|working days|lbs|ounces|grams|emails|calls|messages|agents"
    r"|questions|reasons|things|sizes|gigs|is|was|has|does|as|yes|us|this|its|less|plus|hours|nights|attempts|points|works|thanks|pls|orders|pages|stops|links|accounts|cards|photos|pictures|videos|texts|gets|goes|comes"
)
_GOODS = rf"(?!(?:{_EN_UNIT_WORDS})\b)(?:(?!(?:in|of|for|on|at|to|per|and|or|out|from|with|by)\b)[a-z]+(?:-[a-z]+)*\s(?!(?:{_EN_UNIT_WORDS})\b))?(?:[a-z]+-)*[a-z]{{2,}}(?<!s)s\b(?!')"
_EN_COUNT = rf"(?:\d{{1,3}}|{EN_NUMBER})"
_NOT_SIZE = r"(?<!size )(?<!sizes )(?<!iphone )(?<!galaxy )(?<!option )(?<!number )(?<!no\. )(?<!uk )(?<!eu )(?<!us )(?<!last )(?<!age )(?<!type )(?<!model )"
_EN_UNIT = r"(?:day|week|month|year|hour|minute|min|second|sec|moment|time|more|star|percent|cent|pound|dollar|euro|size|question|point|reason|thing|way|person|email|call|last)"
_EN_BACK = (
    "(?:"
    + "|".join(
        rf"(?<=\b{verb} )"
        for verb in ("return", "returning", "send back", "sending back", "give back", "keep", "keeping")
    )
    + ")"
)
_EN_BARE = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)"
_END = r"\s*(?:please|pls|plz|thanks|only)?\s*[.!]?\s*$"
_SINGLE = r"(?:one|1)\s(?:item|piece|pair|box|bottle|pack|unit|bag|set)\b"
_QUANTITIES = [
    (re.compile(rf"(?P<n>半|\d{{1,2}}|{ZH_NUMBER})打{_DOZEN_AFTER}"), 12),
    (re.compile(r"(?P<half>\bhalf a dozen\b|\bhalf dozen\b)"), 6),
    (re.compile(rf"\b(?:(?P<n>\d{{1,2}}|{EN_NUMBER}|an?)\s)?dozen\b"), 12),
    (re.compile(r"^\s*(?:要|就|共|退|买了?)?(?P<n>一)打\s*[。.!！]?\s*$"), 12),
    (re.compile(r"\b(?P<n>an?) (?:pair|set|box|pack|bottle|bag) of (?!(?:the|my|these|those|days|weeks)\b)[a-z]+"), 1),
    (re.compile(r"(?:\b(?:return|returning|keep|keeping|exchange|back|missing|ordered|bought|received|want) )(?P<n>an?) (?:pair|set|box|pack|bottle|bag)\b"), 1),
    (re.compile(rf"\b(?P<n>\d{{1,2}}|{EN_NUMBER})(?=\s(?:out\s)?of\s(?:the\s)?(?:\d{{1,2}}|{EN_NUMBER})\s[a-z]+s\b)"), 1),
    (re.compile(rf"(?<![第这那哪每另几某上下换換再来來\d.零一二两兩三四五六七八九十百])(?P<n>\d{{1,3}}|(?!一个|一個){ZH_NUMBER})\s?{_MEASURE}{_AFTER}"), 1),
    (re.compile(rf"{_ONE_COUNTS}(?P<n>一)[个個]{_AFTER}"), 1),
    (re.compile(rf"{_ONE_BACK}{_AFTER}"), 1),
    (re.compile(r"(?<![我你他她咱们们家])(?P<n>[俩仨])(?!人|口|月|小时)"), 1),
    (re.compile(r"(?<![\da-z])(?:[x×*]\s?|qty:?\s?|quantity:?\s(?:is\s)?|数量[:：是]?\s?)(?P<n>\d{1,3})(?![\d.a-z寸])"), 1),
    (re.compile(r"(?<![\w.])(?P<n>\d{1,2})\s?[x×]\s(?!zoom|optical|faster|better|more)(?=[a-z])"), 1),
    (re.compile(rf"\b{_NOT_SIZE}(?P<n>{_EN_COUNT})\s(?:of\sthem\b|(?<!one\s)of\s(?:those|these|the|my|your)\b|(?:arrived|came|made it|turned up|missing|left|broken)\b)"), 1),
    (re.compile(rf"\b{_NOT_SIZE}(?<![\d.:/$#-])(?P<n>{_EN_COUNT})\s{_GOODS}"), 1),
    (re.compile(rf"\b(?=(?P<n>one|1)\b){_SINGLE}"), 1),
    (re.compile(rf"\b(?P<n>one|1)\sof\s(?:the|my|these|those)\s(?:\d\s|{EN_NUMBER}\s)?(?={_GOODS})"), 1),
    (re.compile(rf"{_EN_BACK}(?:just\s|only\s)?(?P<n>{_EN_BARE})(?![\w%.:/-])(?!\s(?:to|or)\s(?:\d|{EN_NUMBER}))(?!\s(?:{_EN_UNIT}|{_EN_UNIT_WORDS})\b)"), 1),
    (re.compile(rf"(?:^\s*|\band\s)(?P<n>one|1)\s(?!(?:{_EN_UNIT}|please|pls|of|is|was|came|to|on|in|at|for|with|that|i)\b)(?:[a-z-]+\s)?(?!(?:{_EN_UNIT})\b)[a-z]+(?:-[a-z]+)*{_END}"), 1),
    (re.compile(rf"^\s*(?:just|only)\s(?:the\s)?(?P<n>{_EN_BARE}){_END}"), 1),
    (re.compile(r"^\s*(?P<n>one|two|three|four|five|six)\s(?:please|pls|plz|only)\s*[.!]?\s*$"), 1),
    (re.compile(r"^\s*(?P<n>\d{1,2}|[一二两兩三四五六七八九十]{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)\s*[。.!！]?\s*$"), 1),
]  # fmt: skip


def find_amounts(text: Free) -> list[Found]:
    """Entities `amount`, value a decimal string with two places and without currency."""
    found = []
    for pattern in _AMOUNTS:
        for match in text.matches(pattern):
            value = _amount(match.groupdict())
            if value is not None and value > 0:
                text.claim(*match.span())
                start, end = _trim(match)
                found.append(Found("amount", f"{value:.2f}", start, end))
    return found


def _amount(groups: dict[str, str | None]) -> Decimal | None:
    value = read_number(groups["n"] or "")
    if value is None:
        return None
    scale, part, unit = groups.get("scale"), groups.get("part"), groups.get("unit")
    if scale:
        value *= 1000 if scale == "k" else 10000
    if part:
        cents = read_number(part)
        tenths = unit in ("毛", "角") or (unit is None and len(part) == 1)
        return None if cents is None else value + cents / (10 if tenths else 100)
    if unit and groups.get("part", "") == "":
        return value / (10 if unit in ("毛", "角") else 100)
    return value


def find_quantities(text: Free) -> list[Found]:
    """Entities `quantity`, value an integer from 1 to 999; a dozen counts twelve."""
    found = []
    for pattern, factor in _QUANTITIES:
        for match in text.matches(pattern):
            value = _quantity(match.groupdict(), factor)
            if value is not None and 1 <= value <= 999:
                text.claim(*match.span())
                found.append(Found("quantity", value, *match.span()))
    return found


def _quantity(groups: dict[str, str | None], factor: int) -> int | None:
    if groups.get("half"):
        return factor
    written = groups.get("n")
    if written == "半":
        return factor // 2
    value = {"俩": Decimal(2), "仨": Decimal(3), None: Decimal(1), "a": Decimal(1)}.get(written) or read_number(
        written or ""
    )
    return None if value is None else int(value * factor)


def _trim(match: re.Match[str]) -> tuple[int, int]:
    """Span of the number with its currency, without the verb that led to it."""
    lead = re.match(rf"{_EN_PAID}(?:about\s|around\s|only\s)?|{_ZH_PAID}", match[0])
    return match.start() + (lead.end() if lead else 0), match.end()
