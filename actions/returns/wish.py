"""What remedy a message asks for: goods back, others for them, or money while they are kept. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.returns import draft as d
from actions.returns.draft import Draft
from actions.said import UNSURE, Said
from aftersales.domain.remedies import Remedy

_KEEP = re.compile(
    r"(仅|只|直接|光)退(款|钱)|(仅|只)要退款|不(想|用|要|必|愿意?)?(再)?(退货|寄回?|退回|寄过去)|(不|懒得|没空)(跑|去)?(快递|寄)"
    r"|留着.{0,6}(退|赔)|\b(refund only|keep (it|them|the))\b"
    r"|\b(without|rather not|not|don'?t|no need to|instead of) ?(want |have |need )?(to )?"
    r"(send|return|ship|post|mail)(ing)?\b",
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
    if said.intent == "exchange_item" and (_SWAP.search(said.text) or not _KEEP.search(said.text)):
        return Remedy.EXCHANGE
    if _KEEP.search(said.text):
        return Remedy.REFUND_ONLY
    if said.intent == "return_item":
        told = asked in (d.COMMENT, d.PHOTOS) and not _BACK.search(said.text)
        return None if told else Remedy.RETURN
    reports = said.intent.startswith("report_")
    if said.intent in _VAGUE or reports:
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
        if remedy is None and not (asked in (d.COMMENT, d.PHOTOS) and draft.remedy):
            return replace(draft.with_remedy(None), money=True)
    if remedy is not None:
        draft = draft.with_remedy(remedy)
    if remedy is Remedy.EXCHANGE and not said.structured and asked not in (d.COMMENT, d.PHOTOS):
        return replace(draft, wanted=said.text)
    return draft


def _part(said: Said) -> str | None:
    """An amount that is asked for as a part, or while the goods are kept."""
    amount = said.first("amount")
    if amount is None or not (_PART.search(said.text) or _KEEP.search(said.text)):
        return None
    return amount
