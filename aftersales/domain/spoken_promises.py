"""Finds what an agent promises in typed words, in both languages: by when, what, how much. Pure.

Precision before recall: a question, something past, a condition, an estimate, the policy, what the customer is asked
to do and what others say is no promise. Measured in tests/domain/test_spoken_promises.py.
"""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from aftersales.domain.money import Money, minor_digits
from aftersales.domain.promises import PromiseKind
from aftersales.domain.spoken_times import Works, find_time

_MOST = 3  # of one message
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")
_SENTENCE = re.compile(r"[^。！!？?；;\n]+[。！!？?；;]?")
_PARTS = re.compile(r"[，、]|,(?!\d{3})|[:：](?!\d)|\s[-–—]\s|——|\band then\b|\bbut\b|但是?")
_BARE = 18  # characters of a time alone
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Spoken:
    """`due_at` is None where an amount was promised and no time."""

    kind: PromiseKind
    due_at: datetime | None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class _Tongue:
    """How a language tells promises from what only looks like them.

    `never` speaks against a whole sentence, `not_here` against its clause. `will` must be there; `gives` as well
    where an amount is told without a time. `kinds` are tried in this order.
    """

    never: re.Pattern[str]
    not_here: re.Pattern[str]
    will: re.Pattern[str]
    gives: re.Pattern[str]
    kinds: tuple[tuple[PromiseKind, re.Pattern[str]], ...]
    amount: re.Pattern[str]


_ZH = _Tongue(
    never=re.compile(
        r"[?？]|吗|是否|能不能|可不可以|要不要|好不好|行不行|呢$|吧$"
        r"|如(?!期|实|下|此|何)|若|才能|假如|假设|要是|一旦|只要|的话|除非|否则|等.{0,14}(?:后|再|才)|收到.{0,14}后"
        r"|(?:签收|审核|验货|质检|核实|寄回|退回|确认|批准|通过|查收|入库|到仓|收货|发货|提交|申请)(?:无误|通过|完成|成功|完|好)?(?:之|以)?后"
        r"|起(?:算|的|\d)|规定|政策|规则|条款|法律|消法|按照|根据|流程|标准|页面|公告|无理由|支持|下单|付款|保险|运费险|赔付险|享受|有效期|客户都"
        r"|(?:您|你|快递|上次|之前|他|她|系统|同事|物流|官网).{0,4}(?:说(?!法)|显示|写着|提到)"
        r"|(?:银行|快递|顺丰|物流|平台|厂家|仓库)(?:方面|公司|那边|员|小哥)?(?:会|将|要|正|在|处理)"
    ),
    not_here=re.compile(
        r"已|昨|前天|上周|上个?月|刚|曾|本来|原定|原来|当时|(?:退|发|寄|复|账|系|款|理)(?:过|了|完了)"
        r"|尽量|争取|预计|可能|大概|大约|应该|也许|估计|或许|一般|通常|正常|希望|想|试|看看|最快"
        r"|不(?!超过|晚于|好意思|用担心)|券|积分|无法|没法|没有|未(?!来)|别|可(?:以|申请|退|享|选|联系)|每"
        r"|(?:请|麻烦|烦请|劳烦|需要|您需|您要|您得|务必|记得)您?(?!放心|耐心|稍|等|留意|注意|查收|见谅|谅解|理解)"
        r"|联系我|回复我|告诉我|发给我|寄给我|联系客服|寄回|(?<![给为跟向帮])您(?:再)?(?:回复|联系|申请|提交|付|补|寄|发)|需补"
        r"|(?:发货|退款|回复|处理)时(?:间|效)|派送员|快递员|司机|师傅|[日号一二三四五六末](?:以|之)?后|点钟?(?:以|之)后|(?:回复|发货|退款|发出|联系)的|(?:发货|寄出|发出|补发|打款)了|退款(?:金额|方式|进度|状态|原因|申请|单|时效)|退货|退换|换货"
    ),
    will=re.compile(r""),
    gives=re.compile(r"(?:退|补|赔|返|给)(?:还|款|偿|付|给)?(?:给)?您|(?:给|为|帮|向)您.{0,6}(?:退|补|赔|返)|(?:会|将).{0,6}(?:退|赔|返)"),
    kinds=(
        (PromiseKind.SHIP_BY, re.compile(r"发货|发出|寄出|补发|重发|重新发|重新寄|补寄|(?:给|为|帮)您.{0,4}(?:寄|发(?!消息|信息|短信|邮件|链接|图|结果|过来))|寄给您")),
        (PromiseKind.REFUND_BY, re.compile(r"退款|退还|打款|到账|返还|返现|赔付|赔偿|退您|补您|赔您|返您|退给您|(?:给|为|帮|向)您.{0,4}(?:退|补|赔|返)|退\s?[\d¥￥]|补偿|退(?:回|到)")),
        (PromiseKind.CASE_ANSWER, re.compile(r"回复|答复|回电|回您|联系您|通知您|告知您|告诉您|反馈|跟您(?:联系|说)|给您.{0,6}(?:打电话|电话|结果|消息|说法|答案|处理|解决|信)|(?:为|帮)您.{0,4}(?:处理|解决|查|确认|跟进)|处理(?:好|完)|解决")),
    ),
    amount=re.compile(r"(?P<sign>¥|￥|\$|€|£)\s?(?P<n>\d[\d,]*(?:\.\d{1,2})?)|(?<![\d.])(?P<m>\d[\d,]*(?:\.\d{1,2})?)\s?(?P<unit>元|块|美元|欧元|英镑)"),
)  # fmt: skip
_EN = _Tongue(
    never=re.compile(
        r"\?|\b(?:if|once|when|whenever|after(?! tomorrow)|unless|as soon as|as long as|provided|in case|upon|following|assuming|until)\b"
        r"|\b(?:policy|policies|terms|law|legally|statutory|conditions|standard|process|rules?|customers|refunds|orders|parcels|returns|replacements|exchanges)\b"
        r"|\b(?:said|says|wrote|told|shows|according)\b|\b(?:courier|carrier|bank|post office|supplier|manufacturer|warehouse|seller)\b"
    ),
    not_here=re.compile(
        r"\b(?:not|never|unable|cannot|nobody|already|yesterday|ago|last|was|were|been|had|did)\b|n['’]t\b"
        r"|\b(?:try|trying|hope|hopefully|should|might|could|would|can|probably|likely|expect(?:ed)?|estimated?|aim|maybe|perhaps"
        r"|think|possibl[ey]|usually|normally|typically|generally|often|always|within reason|guess|up to|pick|collect)\b|(?<!\d )\bmay\b(?! \d)"
        r"|\bplease\b|\byou(?:['’]ll| will)? (?:need|have to|must|send|return|ship|reply|answer|pay|call)\b|\b(?:call|contact|email|let) us\b"
        r"|^(?:just |simply )?(?:reply|send|call|return|tell|wait|write)\b|\bbetween\b|^(?:do|does|is|are|will|shall|what|how|why|who)\b"
        r"|\byour (?:answer|reply|e-?mail|message|call)\b|\byou (?:paid|ordered|bought|spent|sent|returned|wrote|reported|asked)\b"
    ),
    will=re.compile(
        r"\bwill\b|['’]ll\b|\bshall\b|\bgoing to\b|\bpromise\b|\bguarantee\b"
        r"|\b(?:i['’]m|i am|we['’]re|we are)\s(?:\w+\s)?(?:refunding|sending|shipping|crediting|calling|paying)\b"
    ),
    gives=re.compile(r"\b(?:refund|credit|reimburse|compensate|pay|give|send|take|knock)"),
    kinds=(
        (PromiseKind.REFUND_BY, re.compile(r"\b(?:refund(?:ed|ing)?|reimburse\w*|money back|compensat\w+|credit(?:ed|ing)?|pay(?:ing)? (?:you )?(?:back|out)|your money)\b|\b(?:give|send|pay) you (?:back )?[$£€¥]")),
        (PromiseKind.SHIP_BY, re.compile(r"\b(?:ship(?:ped|ping)?|dispatch(?:ed)?|re-?send|(?:send|post|go|going|sending|sent)\b.{0,30}\b(?:out|replacement|new (?:one|pair|item)|another|parcel|missing)|replacement)\b")),
        (PromiseKind.CASE_ANSWER, re.compile(r"\b(?:repl(?:y|ied)|answer(?:ed)?|respon(?:d|se)|(?:get|come|be) back (?:to|with|in touch)|be in touch|call(?:ing)?|ring|e-?mail|write|message|update|contact|let you know|tell you|follow(?:ing)? up|hear (?:from|back)|sort(?:ed)?|fix(?:ed)?|resolved?|have (?:this|it) (?:sorted|fixed|resolved))\b")),
    ),
    amount=re.compile(r"(?P<sign>[$£€¥])\s?(?P<n>\d[\d,]*(?:\.\d{1,2})?)|(?<![\d.])(?P<m>\d[\d,]*(?:\.\d{1,2})?)\s?(?P<unit>dollars|usd|pounds|gbp|euros?|eur|yuan|rmb|cny)\b"),
)  # fmt: skip
_CURRENCIES = {
    **dict.fromkeys(("¥", "￥", "元", "块", "yuan", "rmb", "cny"), "CNY"),
    **dict.fromkeys(("$", "美元", "dollars", "usd"), "USD"),
    **dict.fromkeys(("€", "欧元", "euro", "euros", "eur"), "EUR"),
    **dict.fromkeys(("£", "英镑", "pounds", "gbp"), "GBP"),
}
_REFUND = PromiseKind.REFUND_BY


def find_promises(text: str, *, now: datetime, works: Works) -> tuple[Spoken, ...]:
    """What the words promise, in their order, three at most and each once; `now` is in the shop's zone.

    Amounts are in the currency that their sign usually means. A day counts to its end.
    """
    words = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", _QUOTED.sub(" ", text.lower()))
    found: dict[Spoken, None] = {}
    for sentence in _sentences(words):
        tongue = _ZH if _HAN.search(sentence) else _EN
        if not tongue.never.search(sentence):
            for clause in _clauses(sentence, now, works):
                if spoken := _read(clause, tongue, now, works):
                    found[spoken] = None
    return tuple(found)[:_MOST]


def _sentences(words: str) -> Iterator[str]:
    for part in _SENTENCE.findall(words):
        yield from (piece.strip() for piece in re.split(r"\.(?:\s|$)", part) if piece.strip())


def _clauses(sentence: str, now: datetime, works: Works) -> list[str]:
    """The parts between commas; a bare time belongs to the next ("明天下午三点前，我给您回复")."""
    clauses: list[str] = []
    for part in _PARTS.split(sentence):
        before = clauses[-1] if clauses else ""
        is_timed = find_time(part, now=now, works=works) is not None
        if not is_timed and _is_bare_time(before, now, works):
            clauses[-1] = f"{before} {part}"
        else:
            clauses.append(part.strip())
    return clauses


def _is_bare_time(clause: str, now: datetime, works: Works) -> bool:
    tongue = _ZH if _HAN.search(clause) else _EN
    is_short = 0 < len(clause) <= _BARE and _kind(clause, tongue) is None
    return is_short and not tongue.not_here.search(clause) and find_time(clause, now=now, works=works) is not None


def _read(clause: str, tongue: _Tongue, now: datetime, works: Works) -> Spoken | None:
    kind = _kind(clause, tongue)
    if kind is None or tongue.not_here.search(clause) or not tongue.will.search(clause):
        return None
    amount = _amount(clause, tongue) if kind is _REFUND else None
    due_at = find_time(clause, now=now, works=works)
    if due_at is None and (amount is None or not tongue.gives.search(clause)):
        return None
    return Spoken(kind, due_at, amount)


def _kind(clause: str, tongue: _Tongue) -> PromiseKind | None:
    return next((kind for kind, words in tongue.kinds if words.search(clause)), None)


def _amount(clause: str, tongue: _Tongue) -> Money | None:
    found = tongue.amount.search(clause)
    if found is None:
        return None
    currency = _CURRENCIES[found["sign"] or found["unit"]]
    value = Decimal((found["n"] or found["m"]).replace(",", ""))
    exact = value == round(value, minor_digits(currency))
    return Money.parse(value, currency) if exact and 0 < value < 10**9 else None
