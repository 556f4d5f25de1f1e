"""All entities of one message with their normalised values. Pure; standard library only."""

import re
from datetime import date
from decimal import Decimal

from bot.amounts import find_amounts, find_quantities
from bot.dates import find_dates
from bot.found import Found, Free
from bot.reasons import find_ordinals, find_reason
from bot.references import find_code, find_emails, find_orders, find_phones, find_tracking
from bot.text import fold

_CORRECTION = re.compile(
    r"(?:哦|噢|喔|啊|呃|诶|欸)不|(?:^|[,，。.、;；\s…])(?:不对|不對|错了|錯了)"
    r"|[说打写输记]错|[說打寫輸記]錯|口误|手滑"
    r"|\b(?:oops|i mean|i meant|no,?\s(?:sorry|wait)|(?:sorry|wait),?\sno|scratch that|make (?:that|it))\b"
    r"|\b(?:my bad|typo|correction|actually)\b|,\ssorry,?\s*(?:the\s|it'?s\s)?$"
)
_SAME_AGAIN = {"order_number", "date", "amount", "quantity"}
_BARE_AFTER = re.compile(
    r"(?:(?P<link>(?:和|跟|与|、|,|，|\band\b|&)\s?)|(?:是|应该是|\bis|\bmean|\bmeant|\bit|\bthe|\bit'?s|[,，:：]|不对|错了)\s?)"
    r"(?P<n>\d[\d,]*(?:\.\d{1,2})?)(?P<th>st|nd|rd|th)?(?![\d\w%.-]*\d)(?=$|[\s,，。.!！?？;；])"
)
_NEGATED = re.compile(r"(?:不是|别用|别发|別用|\bnot)\s?(?:the\s|前面那个|那个)?$")


def find_entities(text: str, today: date, order_spans: list[tuple[int, int]]) -> list[Found]:
    """Entities in the order of the text. `order_spans`: offsets of order references marked by the entity ruler.

    Each character belongs to one entity, the surer kind first; a reason may overlap, and a message that is a bare
    small number is both `ordinal` and `quantity`. A value that the customer corrects or negates is left out.
    """
    free = Free(fold(text))
    found = find_code(free) + find_emails(free) + find_orders(free, order_spans) + find_tracking(free)
    found += find_phones(free) + find_dates(free, today) + find_amounts(free)
    bare = find_ordinals(Free(free.text)) if re.fullmatch(r"[^\w]*\w{1,2}[^\w]*", free.text) else []
    found += find_quantities(free) + (bare or find_ordinals(free)) + find_reason(free)
    found += _repeated(free, found)
    return _without_corrected(free.text, sorted(found, key=lambda one: (one.start, one.entity)))


def _repeated(free: Free, found: list[Found]) -> list[Found]:
    """Bare numbers that are what the one before was: a correction ("尾号0012,不对,是0021") or one more."""
    added: list[Found] = []
    for match in free.matches(_BARE_AFTER):
        before = [one for one in [*found, *added] if one.end <= match.start() and one.entity in _SAME_AGAIN]
        last = max(before, key=lambda one: one.end, default=None)
        gap = free.text[last.end : match.start("n")] if last else ""
        if last is None or not (
            _CORRECTION.search(gap) if match["link"] is None else not gap.strip(" 和跟与,，、and&")
        ):
            continue
        value = _same_again(last, match["n"], dated=bool(match["th"]), joined=match["link"] is not None)
        if value is not None:
            free.claim(*match.span("n"))
            added.append(Found(last.entity, value, *match.span("n")))
    return added


def _same_again(last: Found, written: str, *, dated: bool, joined: bool) -> str | int | None:
    digits = written.replace(",", "")
    if last.entity == "order_number":
        return digits if digits.isdecimal() and len(digits) == len(str(last.value)) else None
    if joined:
        return None
    if last.entity == "date":
        return f"{str(last.value)[:8]}{int(digits):02}" if dated and 1 <= int(digits) <= 28 else None
    if last.entity == "amount":
        return f"{Decimal(digits):.2f}"
    return int(digits) if digits.isdecimal() and int(digits) < 100 else None


def _without_corrected(text: str, found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in found:
        earlier = [other for other in kept if other.entity == one.entity and other.end <= one.start]
        later = [other for other in found if other.entity == one.entity and other.start >= one.end]
        if (earlier or later) and _NEGATED.search(text[: one.start]):
            continue
        if earlier and one.entity != "reason" and _CORRECTION.search(text[earlier[-1].end : one.start]):
            kept.remove(earlier[-1])
        kept.append(one)
    return kept
