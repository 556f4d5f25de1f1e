"""Reading a delivery address out of a message, in Chinese and English: street, city, postcode, recipient. Pure.

The phone number is taken out by the caller, who knows the numbering plans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HAN = re.compile(r"[\u3400-\u9fff]")
_SPLIT = re.compile(r"[,，;；、\n|]|。|(?<=[\u3400-\u9fff])\s+|\s+(?=[\u3400-\u9fff])|\.\s|\.$")
_LEAD_ZH = re.compile(
    r"^.*?(?:收货|送货|收件|配送|寄送|新的?)?地址(?:帮我|给我|麻烦)?(?:应该)?(?:是|为|改(?:成|为|到|一下)?|换(?:成|为|到)?|变更为|写成)\s*[:：]?\s*"
    r"|^.*?(?:改寄|改送|改发|寄|发|送|改|换)(?:到|去|至|给)\s*[:：]?\s*"
    r"|^\s*(?:不[,，]?\s*)?(?:(?:新?地址|门牌号?)\s*)?(?:改成|改为|换成|应该是|是|:|：)\s*[:：]?\s*|^\s*新?地址\s*"
)
_LEAD_EN = re.compile(
    r"^.*?\b(?:address|ship(?:ped|ping)?|send|sent|deliver(?:ed|y)?|redirect(?:ed)?|goes?|going|change|update)\b"
    r"[^,;:]*?(?:\bto\b(?:\s+be\b)?|\bis\b|:)\s*[:：]?\s*",
    re.IGNORECASE,
)
_ITS = re.compile(
    r"^(?:make (?:it|that)|it(?:'s| is| should be)|should be|(?:my|the) (?:new )?address(?: is)?|use|i'?m at)\s+",
    re.IGNORECASE,
)
_NOT_SO = re.compile(
    r"^(?:(?:不对|不是|错了|写错了|哦不|no|nope|sorry|wait|actually|oops|i meant?)[\s,，。.!！]*)+", re.IGNORECASE
)
_TAIL_EN = re.compile(
    r"\s*(?:\binstead\b|\bplease\b|\bpls\b|\bthanks?\b|\bthank you\b|\bthx\b|\brather\b)[\s.!]*$", re.IGNORECASE
)
_TAIL_ZH = re.compile(r"(?:谢谢|麻烦了?|拜托|可以吗|行吗|好吗|吧|哈|呢|哦)[。.!！?？~\s]*$")
_NAME_LABEL = re.compile(
    r"^(?:收件人|收货人|联系人|姓名|名字|recipient|name|attn|attention|c/o|for|to|should be|应该是)"
    r"(?:\s+is|的名字)?\s*(?:改成|改为|换成|是|为|写|叫|changed? to|to|should be|[:：])?\s*",
    re.IGNORECASE,
)
_PHONE_LABEL = re.compile(
    r"^(?:(?:联系|收货)?(?:电话|手机号?码?|手机)|phone(?: number)?|tel|mobile(?: number)?|call)"
    r"\s*(?:改成|改为|换成|是|to|is|[:：])?\s*$",
    re.IGNORECASE,
)
_NAME_ZH = re.compile(r"^[\u3400-\u9fff·]{2,4}(?:先生|女士|小姐)?(?:收)?$")
_NAME_EN = re.compile(r"^[A-Z][\w'’.-]*(?:\s+[A-Z][\w'’.-]*){1,3}$")
_STREET_ZH = re.compile(
    r"路|街|道|巷|弄|胡同|号|栋|幢|座|楼|室|单元|小区|花园|大厦|村|镇|乡|驿站|学校|大学|公司|苑|里"
)
_STREET_EN = re.compile(
    r"\d|\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|close|way|place|pl|square|sq|terrace|row|"
    r"boulevard|blvd|house|flat|apt|apartment|unit|suite|floor|park|gardens?|mews|crescent|hill|parade|straße)\b",
    re.IGNORECASE,
)
_REGION_ZH = re.compile(
    r"^(?:中国)?(?P<region>[\u3400-\u9fff]{2,7}?(?:省|自治区|特别行政区))?"
    r"(?P<city>[\u3400-\u9fff]{2,6}?(?:市|自治州|地区|盟))?(?P<rest>.*)$"
)
_BIG_CITIES = (
    "北京",
    "上海",
    "天津",
    "重庆",
    "广州",
    "深圳",
    "杭州",
    "南京",
    "成都",
    "武汉",
    "西安",
    "苏州",
    "香港",
)
_POSTCODES = {
    "GB": re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", re.IGNORECASE),
    "US": re.compile(
        r"\b(?P<region>A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|"
        r"T[NX]|UT|V[AT]|W[AIVY])[\s,]+(?P<code>\d{5}(?:-\d{4})?)\b"
    ),
    "AU": re.compile(r"\b(?P<region>NSW|VIC|QLD|SA|WA|TAS|ACT|NT)[\s,]+(?P<code>\d{4})\b"),
    "CN": re.compile(r"(?<!\d)[1-9]\d{5}(?!\d)"),
}
_PLAIN_POSTCODE = re.compile(r"\b\d{4,5}\b")
_COUNTRIES = {
    "CN": r"中国|\bchina\b",
    "US": r"美国|\bu\.?s\.?a\b|\bunited states\b",
    "GB": r"英国|\bu\.?k\b\.?|\bunited kingdom\b|\bengland\b|\bscotland\b|\bwales\b",
    "AU": r"澳大利亚|澳洲|\baustralia\b",
    "DE": r"德国|\bgermany\b|\bdeutschland\b",
    "FR": r"法国|\bfrance\b",
    "JP": r"日本|\bjapan\b",
    "SE": r"瑞典|\bsweden\b",
    "CA": r"加拿大|\bcanada\b",
    "SG": r"新加坡|\bsingapore\b",
    "IE": r"爱尔兰|\bireland\b",
    "NZ": r"新西兰|\bnew zealand\b",
    "HK": r"香港|\bhong kong\b",
}


# A Chinese street is at least this long and shows as many signs of one: 路 and 号, 小区 and a number.
_SHORTEST_STREET, _STREET_SIGNS = 4, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressParts:
    """What a message tells of an address; None for what it does not. `country` only where it shows."""

    name: str | None = None
    lines: tuple[str, ...] = ()
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None

    def __bool__(self) -> bool:
        return bool(self.name or self.lines or self.city or self.postcode)


def read_address(said: str, *, country: str) -> AddressParts:
    """The parts of an address in the words; `country` is that of the order (ISO 3166-1 alpha-2).

    Words that only ask for a change ("please change my address") hold no address.
    """
    shown = _country(said)
    text = _TAIL_ZH.sub("", _TAIL_EN.sub("", _NOT_SO.sub("", said.strip())))
    text = _LEAD_ZH.sub("", text, count=1) if _HAN.search(text) else _LEAD_EN.sub("", text, count=1)
    text = re.sub(r"\s+收$", "收", _ITS.sub("", _TAIL_EN.sub("", text)))
    segments = [part.strip(" .。:：!！") for part in _SPLIT.split(text)]
    segments = [part for part in segments if part and not _PHONE_LABEL.match(part)]
    name, segments = _take_name(segments)
    if any(_HAN.search(part) for part in segments):
        return _chinese(segments, name=name, country=shown or "CN")
    return _western(segments, name=name, country=shown, home=country)


def _country(text: str) -> str | None:
    lowered = text.lower()
    return next((code for code, words in _COUNTRIES.items() if re.search(words, lowered)), None)


def _take_name(segments: Sequence[str]) -> tuple[str | None, list[str]]:
    """A segment that says it is the recipient, or one that can be nothing else: first or last, and no place."""
    for index, part in enumerate(segments):
        label = _NAME_LABEL.match(part)
        rest = part[label.end() :].strip() if label else ""
        if label and label.end() and (_NAME_ZH.match(rest) or _NAME_EN.match(rest)):
            return _bare_name(rest), [*segments[:index], *segments[index + 1 :]]
    if len(segments) < 2:
        return None, list(segments)
    for index in (len(segments) - 1, 0):
        part = segments[index]
        if _is_name(part) and (index == 0 or _placed_before(segments)):
            return _bare_name(part), [*segments[:index], *segments[index + 1 :]]
    return None, list(segments)


def _is_name(part: str) -> bool:
    if _country(part):
        return False
    if _NAME_ZH.match(part):
        return not (_STREET_ZH.search(part) or part[-1] in "省市区县州" or part.startswith(_BIG_CITIES))
    return bool(_NAME_EN.match(part)) and not _STREET_EN.search(part)


def _placed_before(segments: Sequence[str]) -> bool:
    """Whether the last segment comes after a whole address: Chinese ones, or an English one with its postcode."""
    earlier = " ".join(segments[:-1])
    if _HAN.search(segments[-1]):
        return True
    return any(pattern.search(earlier) for pattern in _POSTCODES.values())


def _bare_name(name: str) -> str:
    return re.sub(r"(?<=..)收$", "", name)


def _chinese(segments: Sequence[str], *, name: str | None, country: str) -> AddressParts:
    text = "".join(segments)
    found = _POSTCODES["CN"].search(text)
    postcode = found.group() if found and not re.search(r"[号室]", text[found.end() : found.end() + 1]) else None
    text = text.replace(postcode, "") if postcode else text
    parts = _REGION_ZH.match(text)
    region, city, rest = (parts["region"], parts["city"], parts["rest"]) if parts else (None, None, text)
    if city is None:
        city = next((known for known in _BIG_CITIES if rest.startswith(known)), None)
        rest = rest.removeprefix(city) if city else rest
    streets = len(_STREET_ZH.findall(rest)) + bool(re.search(r"\d", rest))
    if len(rest) < _SHORTEST_STREET or streets < _STREET_SIGNS:
        return AddressParts(name=name)
    return AddressParts(
        name=name, lines=(rest.strip(),), city=city, region=region, postcode=postcode, country=country
    )


def _western(segments: Sequence[str], *, name: str | None, country: str | None, home: str) -> AddressParts:
    kept = [part for part in segments if _country(part) is None or _STREET_EN.search(part)]
    order = sorted((code for code in _POSTCODES if code != "CN"), key=lambda code: code != home)
    for code in order:
        for index, part in enumerate(kept):
            found = _POSTCODES[code].search(part)
            if found:
                region = found.groupdict().get("region")
                postcode = (found.groupdict().get("code") or found.group()).upper()
                return _placed(kept, index, part[: found.start()], name, (region, postcode, country or code))
    for index, part in enumerate(kept[1:], start=1):
        found = _PLAIN_POSTCODE.search(part)
        if found:
            beside = (part[: found.start()] + part[found.end() :]).strip()
            return _placed(kept, index, beside, name, (None, found.group(), country))
    lines = [part for part in kept if _STREET_EN.search(part)]
    if not lines or not re.search(r"\d", " ".join(lines)):
        return AddressParts(name=name)
    cities = [part for part in kept if part not in lines]
    return AddressParts(name=name, lines=tuple(lines), city=cities[-1] if cities else None, country=country)


def _placed(
    kept: Sequence[str], index: int, beside: str, name: str | None, place: tuple[str | None, str, str | None]
) -> AddressParts:
    """An address whose postcode stands in the segment of that index, `beside` the city or after it."""
    region, postcode, country = place
    before = list(kept[:index])
    city = beside.strip(" ,") or (before.pop() if len(before) > 1 else "")
    if not before and city:  # "5 Elm St Boston MA 02110" in one breath: the city is the last word
        street, _, last = city.rpartition(" ")
        before, city = ([street], last) if street else ([city], "")
    return AddressParts(
        name=name, lines=tuple(before), city=city or None, region=region, postcode=postcode, country=country
    )
