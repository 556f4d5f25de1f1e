"""What remedy a message asks for: goods back, others for them, or money while they are kept. Pure."""

# ruff: noqa: E501 - a pattern reads best on one line

from __future__ import annotations

import re
from dataclasses import replace

from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.returns.keeping import parted
from actions.said import UNSURE, Said
from aftersales.domain.remedies import Remedy

_KEEP = re.compile(
    r"(仅|只|光)退(款|钱)|(仅|只)要退款|不(想|用|要|必|愿意?)?(再)?(退货|寄回?|退回|寄过去)|(不|懒得|没空)(跑|去)?(快递|寄)"
    r"|留着.{0,6}(退|赔)|\brefund only\b"
    r"|\b(without|rather not|not|don'?t|no need to|instead of) ?(want |have |need )?(to )?"
    r"(send|return|ship|post|mail)(ing)?\b",
    re.IGNORECASE,
)
# Kept goods are a wish for money only where money is spoken of.
_KEEP_EN = re.compile(r"\bkeep(ing)? (it|them|the|this|these|my)\b", re.IGNORECASE)
_FOR_MONEY = re.compile(r"退[款钱]|\b(money|refund\w*|cash|compensat\w*|discount|partial)\b", re.IGNORECASE)
_NO_SWAP = re.compile(
    r"(不|别|甭)(想|要|用|再)?换(?!.{0,4}(了?吗|成))|\b(forget|cancel|skip|drop|scrap|never mind) (about )?(the|that|this|an?) "
    r"(exchange|swap|replacement)\b|\b(instead of|rather than|don'?t|do not|no longer|not) (want(ing)? )?(to |an? |the )?"
    r"(exchang|swap|replac)\w*|\bno (exchange|swap|replacement)\b",
    re.IGNORECASE,
)
_SWAP = re.compile(
    r"(?<!不)(?<!不想)(?<!不要)换(货|成|大|小|一?个?新|一双|一件新|个|.{0,6}(码|号|色|款))|调换|补发|重新?发"
    r"|(?<!don't )(?<!not )\b(exchange|swap|replace(ment)?|send (me )?(it|them|another) again|resend)\b",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"还是(要|想|帮我)?退(了|货|掉)?吧?$|(直接|改成|改为|就)退(货|了|掉)|不换了.{0,6}退|退货(退款)?吧?$"
    r"|\b(just|rather|instead)\b.{0,12}\breturn\b|\breturn (it|them)( instead)?\b|\bsend (it|them) back\b",
    re.IGNORECASE,
)
_PART = re.compile(
    r"赔|补偿|部分|少退|退(我)?一?点|补(我)?\d|\b(compensat\w*|partial|part of|partly|knock|goodwill|discount)\b",
    re.IGNORECASE,
)
# A change of mind comes with words that leave or deny: then only plain words count.
_VAGUE = frozenset(
    {"stop", "deny", "inform", "cancel_return", UNSURE, "chitchat", "out_of_scope", "ask_product", "repeat"}
)
_MONEY = "request_refund"


def remedy_said(said: Said, asked: str | None) -> Remedy | None:
    """The remedy that a message names, by a button or by words."""
    if said.choice:
        kind, value = said.choice
        return Remedy(value) if kind == "remedy" and value in set(Remedy) else None
    if said.structured:
        return {"return_item": Remedy.RETURN, "exchange_item": Remedy.EXCHANGE}.get(said.intent)
    sides = parted(said.text) if asked != d.COMMENT else None
    if sides:
        return Remedy.EXCHANGE if sides.swapped else Remedy.RETURN
    if said.intent == "exchange_item" and (_SWAP.search(said.text) or not _keeps(said)):
        return Remedy.EXCHANGE
    if _keeps(said):
        return Remedy.REFUND_ONLY
    if said.intent == "return_item":
        told = asked in (d.COMMENT, d.PHOTOS) and not _BACK.search(said.text)
        return None if told else Remedy.RETURN
    reports = said.intent.startswith("report_")
    if said.intent in _VAGUE or reports:
        if _money_instead(said.text) and not reports:
            return Remedy.RETURN
        if _SWAP.search(said.text):
            return Remedy.EXCHANGE
        if _BACK.search(said.text) and not reports:
            return Remedy.RETURN
    return None


def changes_mind(said: Said, asked: str | None) -> bool:
    """Whether a message that seems to leave the matter names another way to go on ("算了还是换大一码吧")."""
    return said.intent in {"stop", "deny", "cancel_return", "repeat"} and remedy_said(said, asked) is not None


def with_wish(draft: Draft, said: Said, asked: str | None) -> Draft:
    """The draft with the remedy that the message names, and the words that may name what is wanted instead."""
    remedy = remedy_said(said, asked)
    if said.intent == _MONEY and not said.structured:
        part = _part(said)
        if part is not None:
            return replace(draft.with_remedy(Remedy.REFUND_ONLY), part=part)
        told = asked in (d.COMMENT, d.PHOTOS) and draft.remedy and not gives_up_swap(draft, said)
        if remedy is None and not told:
            return replace(draft.with_remedy(None), money=True)
    if remedy is not None:
        draft = draft.with_remedy(remedy)
    if remedy is Remedy.EXCHANGE and not said.structured and asked not in (d.COMMENT, d.PHOTOS):
        return replace(draft, wanted=said.text)
    return draft


def _keeps(said: Said) -> bool:
    """Whether the words want money, and the goods kept."""
    if _KEEP.search(said.text):
        return True
    return bool(_KEEP_EN.search(said.text)) and (said.intent == _MONEY or bool(_FOR_MONEY.search(said.text)))


def gives_up_swap(draft: Draft, said: Said) -> bool:
    """Whether money is wanted instead of the exchange at hand, whatever was asked."""
    return draft.remedy is Remedy.EXCHANGE and not said.structured and _money_instead(said.text)


def _money_instead(text: str) -> bool:
    return bool(_NO_SWAP.search(text) and _FOR_MONEY.search(text))


def _part(said: Said) -> str | None:
    """An amount that is asked for as a part, or while the goods are kept."""
    amount = said.first("amount")
    if amount is None or not (_PART.search(said.text) or _keeps(said)):
        return None
    return amount
