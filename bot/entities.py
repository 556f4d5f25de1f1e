"""All entities of one message with their normalised values. Pure; standard library only."""

import re
from datetime import date

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
    r"|\b(?:my bad|typo|correction|actually)\b|,\ssorry,?\s*$"
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
    return _without_corrected(free.text, sorted(found, key=lambda one: (one.start, one.entity)))


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
