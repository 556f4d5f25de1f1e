"""Whether a customer's words are so strong that a person takes over at once: abuse, threats, shouting. Pure.

What a mild insult is, is answered calmly once (actions.social). Ordinary complaints, however unhappy, are none of these.
"""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re
from enum import StrEnum


class Outburst(StrEnum):
    """Abuse of people; a threat with an office, a court, a bank, the public or violence; shouting about how one is treated."""

    ABUSE = "abuse"
    THREAT = "threat"
    SHOUTING = "shouting"


_ABUSE = re.compile(
    r"[操艹肏草日干]你(?:妈|娘|大爷|全家|祖宗)|[操艹肏]你们|你妈(?:的|逼|[个了]|死)|尼玛|妈了个|狗日|狗东西|傻[逼比屄叉]|煞笔|王八[蛋羔]|畜生|贱[人货]|人渣|杂种|脑残|智障|死全家|不得好死|去死(?![角皮])|断子绝孙|不是人养"
    r"|\b(?:fuck|screw)\s?(?:you|off|u|your|this shop|this company)\b|\bf[*#]+c?k\s?(?:you|off)\b|\bgo to hell\b|\bpieces? of sh[i*]t\b|\bson of a bitch\b|\bbitch(?:es)?\b|\bcunts?\b|\bass?holes?\b|\bbastards?\b"
    r"|\bmotherf\w+|\bscum\b|\bdrop dead\b|\bkill yourself\b|\bhope you (?:all )?(?:die|rot|burn)\b|\b(?:fucking|bloody|goddamn) (?:idiots?|morons?|crooks?|thieves|liars?|scammers?|clowns?)\b"
)
_OFFICES = re.compile(
    r"(?<!\d)(?:12315|12345)(?!\d)|消协|消费者协会|消保委|工商局|市场监管|市监局|黑猫投诉|[上找去]黑猫"
    r"|\btrading standards\b|\bconsumer (?:protection|affairs|council|office|bureau|rights)\b|\bombudsman\b|\bbbb\b|\bftc\b|\bbetter business\b|\battorney general\b|\bcitizens advice\b"
)
_THREAT = re.compile(
    r"起诉|告你们|告(?:到)?法院|法院见|上法院|打官司|律师函|(?:找|请|委托|让|联系|叫)(?:我的?|我们的?)?律师(?!袍|证)|律师会|报警|曝光(?![度时不过])|发(?:到)?(?:抖音|微博|小红书).{0,6}(?:让|叫)|拒付|银行申诉|向银行|举报你"
    r"|弄死|打死你|砍(?:了|死)你|砸(?:了)?你们|上门(?:找|闹)你|找人(?:弄|收拾)|等着瞧|走着瞧"
    r"|\bcharge-?\s?backs?\b|\bdisput(?:e|ing) (?:it|this|the|my) ?(?:with|charge|payment|transaction)|\bsmall claims\b|\b(?:my|our|a) (?:lawyer|attorney|solicitor) (?:will|is|has)\b"
    r"|\b(?:call|contact|hear from|talk to|speak to|see|hire|get|involve|involving|calling|contacting)(?:ing)? (?:my|our|a) (?:lawyer|attorney|solicitor)\b|\bsu(?:e|ing) (?:you|your)\b|\blegal action\b|\b(?:you|this) (?:all )?to court\b|\bsee you in court\b"
    r"|\breport(?:ing)? (?:you|your (?:shop|store|company)|this (?:shop|store|company))\b|\b(?:go|going|call|calling) (?:to )?the (?:police|press|media|papers)\b|\b(?:i['’]?ll|i will|i am going to|i['’]?m going to|gonna) (?:kill|hurt|find|come after|burn) (?:you|your)\b|\byou(?:['’]ll| will) (?:regret|be sorry)\b"
)
_REPORTED = re.compile(
    r"(?:骂|说|喊|叫)(?:了?我们?|人|了).{0,6}$|\b(?:call(?:ed|s|ing)?|told) (?:me|us|my \w+)\b.{0,15}$|\bsaid\b.{0,10}$"
)
# Before or after the word: nobody threatens with what they do not want or only ask about.
_NOT_MEANT = re.compile(
    r"不(?:想|会|要|用|打算|至于|愿|必|需要|是|一定).{0,8}$|没(?:有|想|打算)?.{0,4}$|别.{0,4}$|朋友是.{0,3}$|(?:给|帮|送).{0,4}$"
    r"|(?:\b(?:not|never|without|rather than|instead of|avoid|for)\b|n['’]t\b)[^.,;!?]{0,25}$"
)
_ASKED = re.compile(
    r"^.{0,6}(?:多少|是什么|是啥|在哪|怎么打|管不管|是谁)|^.{0,12}\b(?:what is|number)\b|^ (?:by mistake|in the past)"
)
_SHOUTED = re.compile(r"(?:\b[A-Z][A-Z'’]{1,}\b[^A-Za-z]*){4,}")
_MARKS = re.compile(r"[!！]{3,}|(?:[!！][^!！]+){3,}[!！]")
_TREATED = re.compile(
    r"不理|没人(?:理|管|回|处理)|骗|不退|不发货|不处理|不解决|还没|几天了|多少次|到底|第[二三四五六]次|拖|推[脱诿来]|什么态度|忍无可忍|太过分|气死|无良|黑店|不要脸|他妈|妈的|tmd"
    r"|\bstill\b|\bignor(?:e|ed|ing)\b|\bno ?(?:one|body)\b|\brefus(?:e|es|ed|ing)\b|\b(?:second|third|fourth|fifth|hundredth) time\b|\b(?:for|in) (?:\w+ )?(?:weeks|months)\b|\bscam\w*|\blied\b|\bliars?\b|\blying\b|\bridiculous\b|\bunacceptable\b|\boutrageous\b"
    r"|\bdisgusting\b|\bdisgrace\w*|\bworst\b|\bnever again\b|\brude\b|\bsick of\b|\bfed up\b|\bfurious\b|\bfuck\w*|\bwtf\b|\bbullshit\b|\bthieves\b|\bsteal\w*|\bstole\b",
    re.IGNORECASE,
)  # fmt: skip


def read_outburst(text: str) -> Outburst | None:
    """The strongest thing that the words are, None for all that one calm answer is enough for."""
    words = text.lower()
    if any(not _REPORTED.search(words[: found.start()]) for found in _ABUSE.finditer(words)):
        return Outburst.ABUSE
    if any(_is_meant(words, found) for pattern in (_THREAT, _OFFICES) for found in pattern.finditer(words)):
        return Outburst.THREAT
    if (_SHOUTED.search(text) or _MARKS.search(text)) and _TREATED.search(text):
        return Outburst.SHOUTING
    return None


def _is_meant(words: str, found: re.Match[str]) -> bool:
    return not _NOT_MEANT.search(words[: found.start()]) and not _ASKED.search(words[found.end() :])
