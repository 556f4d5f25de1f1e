"""Reasons for a return and the place of a choice in a list. Pure; standard library only."""

# ruff: noqa: E501 - a pattern reads best on one line

import re

from bot.found import Found, Free
from bot.numerals import EN_DIGITS, ZH_NUMBER, read_number

_REASONS = {
    "wrong_item": r"发错|發錯|寄错|寄錯|送错|不是我(?:买|拍|订|點|要)的|货不对|wrong (?:item|one|thing|product|colou?r|model) (?:was )?"
    r"(?:came|arrived|sent|delivered)|sent (?:me )?(?:the )?wrong|(?:got|received) (?:the )?wrong|not what i ordered",
    "missing_item": r"少发|少發|漏发|漏發|少寄|缺件|少了[一二两三俩\d]|缺了?[一二两三\d]|少件|missing|(?:wasn'?t|not) in the (?:box|parcel|package)",
    "not_as_described": r"不符|不一样|不一樣|色差|假货|假貨|不是正品|货不对板|貨不對板|图片.{0,6}不|(?:图片|照片|描述)相?差.{0,2}[多大远]|实物.{0,6}差|not as described"
    r"|(?:different|differs) from|(?:doesn'?t|don'?t|didn'?t) (?:look like|match)|not like the (?:photo|picture)|fake|counterfeit|misleading",
    "wrong_size": r"[太偏有](?:点|點)?(?:小|大|紧|緊|松|鬆|长|長|短|肥|瘦|窄|宽|寬)|尺码|尺碼|尺寸|size\s?(?:不|错)|不合身|穿不下|穿不上|挤脚|码数|大了|小了"
    r"|too (?:small|big|large|tight|loose|long|short|narrow|wide)|(?:doesn'?t|don'?t|didn'?t|does not|do not|did not) fit"
    r"|(?:runs?|fits?) (?:small|large|big|tight)|wrong size|not my size",
    "defective": r"质量(?:问题|太差|不好|差)|質量|瑕疵|开不了机|開不了機|不工作|失灵|失靈|没反应|沒反應|不亮|不转|不响|充不进|坏的|故障|用不了"
    r"|defect|faulty|(?:doesn'?t|don'?t|won'?t|not|stopped|isn'?t|does not) (?:work|turn on|charg|switch on|power)|poor quality|malfunction|quality",
    "damaged": r"碎|破|裂|坏了|壞了|压扁|壓扁|压坏|磕|摔|漏液|漏了一地|发霉|發霉|变形|變形|划痕|刮花|污渍|脏了|洒了|漏水|漏油|漏气"
    r"|\b(?:damaged|broken?|crack|smashed|shattered|dented|torn|ripped|leak|scratched|mou?ldy|stain|chipped)",
    "late": r"(?:太|发货|物流|到得?)慢|来晚|來晚|迟到|遲到|赶不上|趕不上|过期了才|等太久|too late|(?:arrived|came|delivered) late|took too long|too slow",
    "price": r"买贵|買貴|降价|降價|便宜了?(?:一半|好多|点|些)?|太贵|太貴|嫌贵|cheaper|price (?:drop|went down)|too expensive|overpriced|better price|for half",
    "no_longer_needed": r"不想要|不喜欢|不喜歡|不需要|不要了|用不(?:上|着)|拍错|拍錯|买错|買錯|买重|买多|买太多|多买|后悔|後悔|冲动|衝動|手滑|七天无理由"
    r"|changed? my mind|(?:no longer|don'?t) (?:need|want)|(?:don'?t|didn'?t) like|not my style|by (?:mistake|accident)|impulse"
    r"|already (?:has|have|had)|accidentally|no use",
    "other": r"^\s*(?:其他|其它|别的原因|其他原因|other|another reason|something else)\s*[。.]?\s*$",
}
_REASON = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _REASONS.items()))

_THING = r"(?:个|個|件|条|條|单|單|双|雙|款|项|項|只|隻|种|種|样|樣|份|箱|瓶|盒|本|台|张|張|套|包|顶|頂|支)"
_EN_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_EN_THING = r"(?:\s(?:one|item|order|option|pair|product|choice|parcel|package|in the list|on the list))"
_ORDINAL = rf"(?P<word>{'|'.join(_EN_ORDINALS)})|(?P<figure>\d{{1,2}})(?:st|nd|rd|th)"
_DIGIT_WORDS = "|".join(word for word in EN_DIGITS if len(word) > 2)
_FORMS = [
    re.compile(rf"倒数第(?P<from_end>\d{{1,2}}|{ZH_NUMBER})\s?{_THING}?"),
    re.compile(rf"第\s?(?P<n>\d{{1,2}}|{ZH_NUMBER})\s?(?:{_THING}|$|(?=[,，。!！\s和]))"),
    re.compile(rf"(?P<last>(?:最后|最後|最末)(?:面|边|邊)?(?:的|那|这|一)?一?{_THING}|(?:^|[选選要就])(?:后|後)一{_THING})"),
    re.compile(r"(?:选|選|^选项|option|choice)\s?(?P<n>\d{1,2}|[一二两三四五六七八九十]|[a-d](?![a-z]))(?![\d天个月期])"),
    re.compile(rf"\b(?:{_ORDINAL}){_EN_THING}"),
    re.compile(rf"^\s*(?:(?:it'?s|the|my)\s)*(?:{_ORDINAL})(?:\s(?:please|pls|one))*\s*[.!]?\s*$"),
    re.compile(r"(?P<last>\bthe (?:very )?last (?:one|item|order|option|pair|product|on the list)\b|^\s*(?:the\s)?last(?: one)?\s*[.!]?\s*$)"),
    re.compile(rf"(?:\bnumber|\bno\.|\bnr|#)\s?(?P<n>[1-9]|1\d|{_DIGIT_WORDS})\b(?![\d.-])"),
    re.compile(r"^\s*(?P<n>[1-9]|1\d|[一二两三四五六七八九十]|[a-d])\s*[.。、)）]?\s*$"),
]  # fmt: skip
_CHOICES = re.compile(r"\s*\d{1,2}(?:\s*(?:和|、|跟|,|，|and|&|\+)\s*\d{1,2})+\s*[.。]?\s*")


def find_reason(text: Free) -> list[Found]:
    """At most one entity `reason`: the first that is named."""
    match = _REASON.search(text.text)
    return [Found("reason", str(match.lastgroup), *match.span())] if match else []


def find_ordinals(text: Free) -> list[Found]:
    """Entities `ordinal`: place in a list counted from "1"; "-1" is the last, "-2" the last but one."""
    if _CHOICES.fullmatch(text.text):
        picks = re.finditer(r"\d{1,2}", text.text)
        return [Found("ordinal", str(int(pick[0])), *pick.span()) for pick in picks]
    found = []
    for pattern in _FORMS:
        for match in text.matches(pattern):
            value = _place(match.groupdict())
            if value:
                text.claim(*match.span())
                found.append(Found("ordinal", value, *match.span()))
    return found


def _place(groups: dict[str, str | None]) -> str | None:
    if groups.get("last"):
        return "-1"
    if groups.get("word"):
        return str(_EN_ORDINALS.index(str(groups["word"])) + 1)
    written = groups.get("figure") or groups.get("n") or groups.get("from_end") or ""
    if written in ("a", "b", "c", "d"):
        return str("abcd".index(written) + 1)
    number = read_number(written)
    if number is None or not 1 <= number <= 20:
        return None
    return f"-{number}" if groups.get("from_end") else str(number)
