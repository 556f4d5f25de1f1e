"""What customers' words say about a complaint or a claim: its type, what is wished, how angry they are. Pure."""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from aftersales.domain.cases import Severity
from aftersales.domain.claims import ComplaintType, PaymentTrouble, Wish

K = TypeVar("K")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_TYPES = {
    ComplaintType.QUALITY: _words(
        r"质量|品质|坏了|坏的|破了|破损|掉色|褪色|开线|开胶|漏[水液气油]|假货|山寨|伪劣|劣质|次品|残次|过期|发霉|变质|异味|不能用|用不了|不好用|故障|瑕疵|做工|起球|断了|裂了|虫子"
        r"|quality|brok(?:e|en)|break|defect|fault|fake|counterfeit|shoddy|cheaply made|fell apart|mould|mold|expired|stopp?ed working|damaged|rubbish product|doesn'?t work"
    ),
    ComplaintType.DELIVERY: _words(
        r"快递|物流|配送|派送|派件|送货|送件|投递|骑手|驿站|包裹|送到|运输|暴力分拣"
        r"|courier|deliver|driver|parcel|package|shipping|shipment|carrier|postman|mailman"
    ),
    ComplaintType.SERVICE: _words(
        r"客服|态度|服务|卖家|商家|店家|店主|店员|不理人|没人理|不理我|敷衍|推诿|踢皮球|骂人|不回消息|不回复|踢来踢去"
        r"|customer (?:service|care)|agent|support|staff|representative|rude|ignor|attitude|seller|merchant|nobody (?:answers|replies)|run-?around|hung up"
    ),
    ComplaintType.PRICE: _words(
        r"价格|多收|乱收费|收费|扣费|扣款|涨价|差价|太贵|价钱|加价|手续费|乱扣"
        r"|pric(?:e|es|ing)|overcharg|charged? (?:me )?(?:too|more|extra)|fees?\b|billed|billing|expensive"
    ),
    ComplaintType.ADVERTISING: _words(
        r"虚假|宣传|广告|描述不符|图文不符|货不对板|货不对版|与描述|跟描述|和描述|跟图片|和图片|误导|欺骗|欺诈|骗人|忽悠|挂羊头"
        r"|false(?:ly)? advert|mislead|misled|advertis|not as described|deceiv|deceptive|lied|description"
    ),
}
_OTHER_TYPE = _words(r"^\W*(?:其他|其它|别的|都不是|other|something else|none of (?:these|those|them))\W*$")

_WISHES = {
    Wish.REFUND: _words(r"退款|退钱|还钱|退我钱|把钱退|全额退|退一赔三|refund|money back|reimburs"),
    Wish.RESEND: _words(
        r"补发|重发|重新发|再发|再寄|补寄|重寄|re-?send|send (?:it|another|a new|one|me)|new parcel|reship"
    ),
    Wish.REPLACEMENT: _words(r"换货|换一[个件双台套]|换新|给我换|replac|exchange|swap"),
    Wish.COMPENSATION: _words(r"赔偿|赔我|赔钱|补偿|赔付|退一赔|compensat|voucher|goodwill"),
    Wish.APOLOGY: _words(r"道歉|赔礼|apolog"),
    Wish.REPAIR: _words(r"维修|修好|给我修|repair|fix it"),
}

_URGENT = _words(
    r"消协|消费者协会|消保委|消费者权益|12315|12345|12305|12300|邮政管理局|工商局?|市监局?|市场监管|律师|起诉|法院|法庭|打官司|曝光|媒体|记者|黑猫|拒付|退单|银行申诉|报警|派出所|维权"
    r"|consumer (?:protection|office|agency|bureau|rights|council|association|centre|center|affairs)|trading standards|ombudsman|citizens advice|better business|\bbbb\b|\bftc\b|attorney general"
    r"|lawyers?\b|attorney|solicitor|\bsu(?:e|ing)\b|legal action|small claims|in court|to court|charge-?back|dispute (?:it|this|the (?:charge|payment|transaction))|\bpress\b|newspaper|journalist|\bpolice\b|report you\b"
)
_ANGRY = _words(
    r"太过分|气死|气愤|愤怒|忍无可忍|垃圾|骗子|黑店|黑心|无良|坑人|坑爹|坑钱|恶心|差劲|什么玩意|什么态度|妈的|他妈|tmd|操你|滚蛋|傻[逼比x]|王八|不要脸|火大|火冒|再也不买|强烈不满|非常不满|极其不满|！{2,}|!{2,}"
    r"|furious|\bangry\b|outrag|disgust|ridiculous|unacceptable|fed up|sick of|\bworst\b|\bscam|terrible|appalling|pathetic|\bwtf\b|bullshit|\bcrap\b|\bf+u+c+k|damn|never again|joke of a|disgrace"
)
_SHOUTED = re.compile(r"(?:\b[A-Z]{3,}\b\W*){3,}")

# What is left of "I want to make a complaint" when this is taken away is what it is about.
_OPENING = _words(
    r"我要|我想|想要|要|想|投诉|举报|投素|申诉|一下|你们|你|这家店|店铺|帮我|请|麻烦|登记|提交|一个|个|的|了|吧|呢|吗|我|对"
    r"|\b(?:i|i'd|i'll|id|im|i'm|we|want|wanna|would|like|need|have|wish|going|must|to|make|file|lodge|submit|raise|log|register|put|in|a|an|the|my|formal|official|complaint|complaints|complain|complaining|about|regarding|please|hi|hello|against|you|your|guys|how|do|can|where|could|is|it|this|am|here|with|of|on|for|get|take)\b"
)
_HAN = re.compile(r"[\u3400-\u9fff]")

_NEGATED = _words(
    r"(?:不是|不属于|并非|别)[^,，。;；!！是]*|\b(?:it'?s |that'?s |this is |is |isn't |wasn't )?not\b(?! deliver| as described| work| received).*?(?=\bbut\b|[,.;!]|$)|\bisn'?t\b.*?(?=\bbut\b|[,.;!]|$)|\brather than\b.*"
)

_RATHER = _words(
    r"其实是|应该是|应该算|改成|换成|\b(?:actually|rather|change (?:it|the type|that)? ?to|make (?:it|that))\b"
)

_DONE = _words(
    r"^\W*(?:没有?了?(?:照片|图片?|证据)?了?|没拍|无|不用了?|不需要|就这些|就这样|就这么多|就这|好了|完了|发完了|齐了|跳过|没别的了?|没有其他了?|没啥了|可以了|先这样"
    r"|no(?:ne|pe)?|(?:no,? )?(?:that(?:'s| is) )(?:all|it|everything)|no (?:photos?|pictures?|proof|more|thanks)|(?:that(?:'s| is) )?(?:all|it)|that'?s (?:all|it|everything)|nothing(?: else| more)?|done|skip|no thank you|i'?m done|don'?t have (?:any|one))\W*$"
)
_NO_ORDER = _words(
    r"都不是|没有订单|跟订单无关|与订单无关|和订单无关|无关|不涉及订单|没下单|没买|不是订单|(?:^\W*(?:没有|无|不涉及|跳过)\W*$)"
    r"|none of (?:them|these|those)|no order|not about an? order|without an order|neither|^\W*(?:none|no|nope|skip)\W*$|haven'?t ordered|no specific order"
)
_ADD = _words(
    r"补充|追加|再加一?[点条句]|添加|加一句|还有一点要说|补个?(?:图|照片|证据)|\badd (?:something|more|to|this|a|another|photos?|details?|information|info)\b|\badditional\b|more (?:information|details|info|photos|evidence)|another (?:photo|detail)|further (?:information|details)"
)
_WITHDRAW = _words(
    r"撤销|撤回|撤诉|取消投诉|不投诉了|撤掉|不告了|算了不投诉|撤投诉|withdraw|cancel (?:my |the |this )?(?:complaint|claim|case)|take (?:back )?my complaint|drop (?:my |the |this )?(?:complaint|claim|case)|no longer (?:wish|want) to complain"
)
_COMPLAINT = _words(r"投诉|举报|工单|单子|索赔|理赔|案子|complain|\bclaim|\bcase\b|ticket")
_DECLARED = _words(
    r"^\W*(?:(?:你好|您好|喂|在吗|那个)\W*)?(?:我[要想得]?|我必须|我现在要|要|想)?(?:正式)?(?:投诉|举报)(?!.{0,3}(?:电话|渠道|进度|结果|怎么|单|编号|处理|受理|有用|吗))"
    r"|^\W*(?:(?:hi|hello|hey)\W+)?i(?:'d| would)? (?:want|wanna|like|wish|need|have)(?: to)?(?: make| file| lodge| raise| submit| register)?(?: an?| my)?(?: formal| official)? (?:complain|complaint)\b"
    r"|^\W*(?:i'?m complaining|(?:this is )?(?:a |formal )*complaint\b(?: about|:))"
)
_STANDS = _words(
    r"(?:投诉|工单|案件|受理|登记)的?(?:单|编)?号(?:是|多少|呢|给|发|忘)|单号(?:是多少|多少|是什么|忘了|给我)|什么时候.{0,8}(?:回复|答复|联系|处理|回我|找我|有人|有结果)|多久.{0,6}(?:回复|答复|联系|处理完|有人|有结果)|何时.{0,8}(?:回复|答复|处理)"
    r"|(?:case|complaint|reference|ticket|claim) (?:number|no\b|id|ref)|when (?:will|can|do|should|am|is) .{0,20}(?:answer|reply|hear|back|respond|response|contact|call)|how long .{0,25}(?:answer|reply|hear|response|take)"
)
_ASKS = _words(
    r"[?？吗么呢]\W*$|^\W*(?:帮我|给我|请问|怎么|什么|哪|谁|为什么|能不能|可以|can|could|would|will|what|how|where|when|who|why|do|does|is|are|please)(?![a-z])"
)
_ALSO = _words(
    r"新的?投诉|另一个投诉|另外一件|再投诉|还要投诉|重新投诉|new complaint|another complaint|different (?:matter|complaint)|second complaint"
)

_NEVER_CAME = _words(
    r"(?:没有?|未|从没|一直没)(?:收到|送到|到货|送达)|不见(?:包裹|快递)|丢件|弄丢|快递丢|包裹丢|丢了包裹|never (?:arrived|came|received|turned up|showed up|got (?:it|here|delivered))|(?:hasn'?t|has not|didn'?t|did not|haven'?t|not) (?:been )?(?:arrive|deliver|receive|come|shown up|turned up|turn up|show up)|never been delivered|lost in (?:the )?(?:post|mail|transit)|parcel (?:is |was |got )?lost"
)
_CHARGED_TWICE = _words(
    r"(?:重复|多次|两次|二次|2次)(?:扣|付|支付|收费|扣费)|扣了?(?:我)?(?:两|俩|2|二)[次笔遍回]|多扣|扣多了|charged (?:me )?(?:twice|two times|double)|double[- ]charged|charged? (?:me )?(?:too much|more than)|overcharged|duplicate (?:charge|payment)|billed (?:me )?twice|paid twice|(?:took|taken) (?:the money|payment) twice"
)
_MARKED = _words(
    r"签收|妥投|已送达|显示送达|显示已?送到|放在?(?:门口|驿站|柜)|显示.{0,6}(?:完成|收货)|marked|says? (?:it (?:was|is|has been) )?(?:delivered|signed)|shows? (?:it )?(?:as |was )?delivered|signed (?:for|by)|supposedly delivered|delivered but"
)

_IN_VAIN = _words(
    r"都没有|没人[收拿代]|都问[过了]|问过|找过|查过|没找到|找不到|没有人|不在|没收到|没看到|nobody|no one|asked (?:every|them|the|around)|checked|looked|not (?:there|with)|nothing|couldn'?t find|can'?t find|didn'?t|haven'?t|none of them|still missing"
)
_WILL_LOOK = _words(
    r"我?去?(?:先|再)(?:去)?(?:问|看|找|查)|我?去(?:问|看|找|查)(?:一?下|问|看|看看)|等下去|i'?ll (?:check|look|ask|go)|let me (?:check|look|ask)|not yet|haven'?t (?:asked|checked|looked)|还没[问看找查]|没问过?"
)
_WILL_WAIT = _words(
    r"再等|等等|等一?等|等着|等几天|提醒|盯|留意|关注|wait|remind|watch|keep an eye|let me know|notify|alert"
)
_CLAIM = _words(
    r"查件|登记|索赔|赔|丢|不等|等不了|别等|没法等|claim|lost|investigat|don'?t want to wait|can'?t wait|won'?t wait|file"
)

_PAYMENTS = {
    PaymentTrouble.CHARGED_TWICE: _words(r"重复|两次|2次|二次|两笔|2笔|双倍|多扣了?一|又扣|扣了两|扣了俩|两遍|三次|twice|two times|double|duplicate|two (?:charges|payments|transactions|debits)|2x|again for the same|second charge|three times"),
    PaymentTrouble.NOT_SHOWN: _words(r"没(?:有)?(?:显示|出现|看到|生成|查到|找到)?订单|订单没|不显示|看不到订单|显示未付|显示未支付|还是待付|待支付|未付款|查不到订单|没订单|no order|order (?:isn'?t|is not|doesn'?t|does not|never|not|didn'?t|hasn'?t)|still (?:says )?(?:unpaid|pending|awaiting)|shows? (?:as )?unpaid|not showing|can'?t see (?:my|the|any) order|no confirmation|disappeared"),
    PaymentTrouble.NOT_GOING_THROUGH: _words(r"付不了|付不上|支付失败|付款失败|支付不了|付款不了|支付不成功|付款不成功|付不出去|支付报错|无法支付|无法付款|付款一直|转圈|刷不了|declin|fail|won'?t (?:go|accept|let|work)|can'?t pay|cannot pay|unable to pay|not going through|doesn'?t go through|didn'?t go through|rejected|error|not accept"),
    PaymentTrouble.WRONG_AMOUNT: _words(r"多扣|多收|金额不对|金额不符|金额错|扣错|扣多|少扣|不一样|价格不对|数目不对|多付|wrong amount|overcharg|too much|more than|incorrect amount|different amount|amount is wrong|extra \W?\d|higher than"),
}  # fmt: skip
_MEANS = {
    "alipay": _words(r"支付宝|花呗|alipay"),
    "wechat_pay": _words(r"微信|wechat"),
    "paypal": _words(r"paypal|贝宝"),
    "apple_pay": _words(r"apple ?pay|苹果支付"),
    "bank_transfer": _words(r"转账|汇款|bank transfer|wire"),
    "card": _words(
        r"信用卡|储蓄卡|借记卡|银行卡|刷卡|credit card|debit card|\bcard\b|visa|mastercard|amex|银联|unionpay"
    ),
}
_CARD_TAIL = re.compile(
    r"\*{4}(\d{4})(?!\d)|(?:尾号|末四位|后四位|卡号|ending(?: in)?|ends (?:in|with)|last (?:four|4)(?: digits)?)\D{0,10}(\d{4})(?!\d)",
    re.IGNORECASE,
)


def complaint_type(text: str, *, corrected: bool = False) -> ComplaintType | None:
    """The type that most of the words speak of, the first named where several do alike.

    `corrected`: what the customer negates ("not quality, the courier") does not count.
    """
    words = _NEGATED.sub(" ", text) if corrected else text
    if _OTHER_TYPE.search(words):
        return ComplaintType.OTHER
    return _most_named(words, _TYPES)


def wished(text: str) -> Wish | None:
    return _most_named(text, _WISHES)


def severity(text: str) -> Severity:
    if _URGENT.search(text):
        return Severity.URGENT
    return Severity.HIGH if _ANGRY.search(text) or _SHOUTED.search(text) else Severity.NORMAL


def worse(one: Severity, other: Severity) -> Severity:
    order = list(Severity)
    return max(one, other, key=order.index)


def tells_something(text: str) -> bool:
    """Whether an opening says what happened, beyond that there is a complaint and about whom."""
    rest = _OPENING.sub(" ", text)
    han = len(_HAN.findall(rest))
    latin = len(re.findall(r"[A-Za-z']{2,}", rest))
    return han >= 5 or latin >= 3 or (han + 2 * latin >= 6)


def looked_in_vain(text: str) -> bool:
    """Nobody else took the parcel in, as far as the customer could find out."""
    return bool(_IN_VAIN.search(text))


def will_look(text: str) -> bool:
    return bool(_WILL_LOOK.search(text))


def will_wait(text: str) -> bool:
    return bool(_WILL_WAIT.search(text))


def wants_claim(text: str) -> bool:
    return bool(_CLAIM.search(text))


def payment_trouble(text: str) -> PaymentTrouble | None:
    return next((kind for kind, words in _PAYMENTS.items() if words.search(text)), None)


def payment_means(text: str) -> str | None:
    """A code for the means of payment that the words name."""
    return next((means for means, words in _MEANS.items() if words.search(text)), None)


def card_tail(text: str) -> str | None:
    """The last four digits of a card, where they were told."""
    found = _CARD_TAIL.search(text)
    return (found[1] or found[2]) if found else None


def says_done(text: str) -> bool:
    return bool(_DONE.search(text.strip()))


def says_no_order(text: str) -> bool:
    return bool(_NO_ORDER.search(text.strip()))


def says_never_came(text: str) -> bool:
    return bool(_NEVER_CAME.search(text))


def says_charged_twice(text: str) -> bool:
    return bool(_CHARGED_TWICE.search(text))


def says_marked_delivered(text: str) -> bool:
    return bool(_MARKED.search(text))


def wants_to_add(text: str) -> bool:
    return bool(_ADD.search(text))


def wants_another(text: str) -> bool:
    return bool(_ALSO.search(text))


def wants_to_withdraw(text: str) -> bool:
    return bool(_WITHDRAW.search(text))


def names_complaint(text: str) -> bool:
    """Whether a complaint, a claim or a case is spoken of."""
    return bool(_COMPLAINT.search(text))


def declares_complaint(text: str) -> bool:
    """Whether a message begins by saying that this is a complaint, whatever it goes on to tell."""
    return bool(_DECLARED.search(text.strip()))


def asks_how_it_stands(text: str) -> bool:
    """The number of a case, or when somebody will answer."""
    return bool(_STANDS.search(text))


def asks(text: str) -> bool:
    """Whether the words are a question or a request rather than something that is told."""
    return bool(_ASKS.search(text.strip()))


def corrects(text: str) -> bool:
    """Whether little is said but that something is otherwise ("not quality, the courier")."""
    return (
        bool(_NEGATED.search(text) or _RATHER.search(text))
        and len(_HAN.findall(text)) <= 16
        and len(text.split()) <= 12
    )


def bare_addition(text: str) -> bool:
    """Whether "I want to add something" is all that is said."""
    rest = re.sub(r"投诉|工单|单子|单号|案子|complaint|case|claim|CS\d+|\d+|一下|一些|内容|信息|材料|情况|some|something", " ", _ADD.sub(" ", text), flags=re.IGNORECASE)  # fmt: skip
    return not tells_something(rest)


_CASE = re.compile(r"CS[\s-]?(\d{13})(?!\d)", re.IGNORECASE)


def case_number(text: str) -> str | None:
    """A case number in full, however it is written."""
    found = _CASE.search(text)
    return f"CS{found[1]}" if found else None


def _most_named(text: str, kinds: Mapping[K, re.Pattern[str]]) -> K | None:
    """The kind of which most words are found; among equals the one that is named first."""
    found = {kind: [match.start() for match in words.finditer(text)] for kind, words in kinds.items()}
    named = {kind: places for kind, places in found.items() if places}
    return min(named, key=lambda kind: (-len(named[kind]), named[kind][0])) if named else None
