"""The complaint as far as it has been told: what the slots hold, and what a message changes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from actions.complaints import words as w
from actions.complaints.common import consents, extended, says_done, with_photo
from actions.said import Said
from aftersales.domain.cases import Severity
from aftersales.domain.claims import ComplaintType, Wish
from aftersales.services.complaints import MOST_PHOTOS

TYPE, ORDER, DETAILS = "complaints_type", "complaints_order", "complaints_details"
PHOTOS, WISH, SEVERITY, CONFIRMED = (
    *("complaints_photos", "complaints_wish"),
    *("complaints_severity", "complaints_confirmed"),
)
NO_ORDER = ""
# Types that mostly concern something that was bought, and those that a picture may prove.
_ABOUT_ORDERS = frozenset(ComplaintType) - {ComplaintType.SERVICE, ComplaintType.OTHER}
_PICTURED = frozenset({ComplaintType.QUALITY, ComplaintType.ADVERTISING})
_SHORTEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`order` None = not known yet, "" = about none; `photos` None = not asked yet, () = has none.

    `confirmed` False: the customer does not want to complain after all.
    """

    type: ComplaintType | None = None
    order: str | None = None
    details: str | None = None
    photos: tuple[str, ...] | None = None
    wish: Wish | None = None
    severity: Severity = Severity.NORMAL
    confirmed: bool | None = None

    @classmethod
    def of(cls, slot: Any) -> Draft:
        """From the tracker's slots; `slot` reads one by name."""
        photos, kind, wish = slot(PHOTOS), slot(TYPE), slot(WISH)
        return cls(
            type=ComplaintType(kind) if kind else None,
            order=slot(ORDER),
            details=slot(DETAILS),
            photos=tuple(photos) if photos is not None else None,
            wish=Wish(wish) if wish else None,
            severity=Severity(slot(SEVERITY) or Severity.NORMAL),
            confirmed=slot(CONFIRMED),
        )

    def slots(self) -> dict[str, Any]:
        return {
            TYPE: self.type.value if self.type else None,
            ORDER: self.order,
            DETAILS: self.details,
            PHOTOS: list(self.photos) if self.photos is not None else None,
            WISH: self.wish.value if self.wish else None,
            SEVERITY: self.severity.value if self.severity is not Severity.NORMAL else None,
            CONFIRMED: self.confirmed,
        }

    @property
    def missing(self) -> str | None:
        """The slot to ask for next; None when all is there and was agreed to, or given up."""
        if self.confirmed is False:
            return None
        if self.type is None:
            return TYPE
        if self.order is None and self.type in _ABOUT_ORDERS:
            return ORDER
        if not self.details:
            return DETAILS
        if self.photos is None and self.type in _PICTURED:
            return PHOTOS
        return None if self.confirmed else CONFIRMED


@dataclass(frozen=True, slots=True)
class Heard:
    draft: Draft
    understood: bool


def listen(
    draft: Draft, said: Said, *, asked: str | None, orders: Sequence[str], shown: dict[str, Any] | None
) -> Heard:
    """What the message makes of the draft. `orders` are the numbers that it means; `shown` the last summary.

    Consent counts only at its own step and for what was shown; whatever else is heard takes it back.
    """
    before = replace(draft, confirmed=None)
    if asked == CONFIRMED and consents(said, shown):
        return Heard(replace(before, confirmed=True), True)
    after = _buttons(before, said)
    photos = with_photo(after.photos, said, most=MOST_PHOTOS)
    after = replace(after, photos=tuple(photos) if photos is not None else None)
    if len(orders) == 1:
        after = replace(after, order=orders[0])
    if asked in (ORDER, CONFIRMED) and not said.structured and w.says_no_order(said.text):
        after = replace(after, order=NO_ORDER)
    if asked == PHOTOS and not said.photo and says_done(said):
        return Heard(replace(after, photos=after.photos or ()), True)
    if not said.structured:
        if asked is not None and w.wants_to_withdraw(said.text):
            return Heard(replace(before, confirmed=False), True)
        after = _in_words(after, said, asked)
    return Heard(after, after != before or said.choice is not None)


def from_feedback(draft: Draft) -> Draft:
    """A complaint that was offered for feedback: its words tell what it is about."""
    words = draft.details or ""
    return replace(
        draft,
        type=draft.type or w.complaint_type(words),
        wish=draft.wish or w.wished(words),
        severity=w.worse(draft.severity, w.severity(words)),
    )


def _buttons(draft: Draft, said: Said) -> Draft:
    kind, value = said.choice or ("", "")
    if kind == "complaint_type" and value in set(ComplaintType):
        return replace(draft, type=ComplaintType(value))
    if (kind, value) == ("complaint", "no_order"):
        return replace(draft, order=NO_ORDER)
    if (kind, value) == ("complaint", "other_type"):
        return replace(draft, type=None)
    if (kind, value) == ("complaint", "other_details"):
        return replace(draft, details=None)
    return draft


def _in_words(draft: Draft, said: Said, asked: str | None) -> Draft:
    text = said.text
    corrected = asked in (TYPE, CONFIRMED)
    kind = w.complaint_type(text, corrected=corrected)
    if kind is not None and (draft.type is None or (asked == CONFIRMED and w.corrects(text))):
        draft = replace(draft, type=kind)
    if asked == TYPE and draft.type is None and w.tells_something(text):
        draft = replace(draft, type=ComplaintType.OTHER)
    draft = replace(
        draft,
        wish=w.wished(text) or draft.wish,
        severity=w.worse(draft.severity, w.severity(text)),
    )
    return replace(draft, details=extended(draft.details, text)) if _tells(draft, said, asked) else draft


def _tells(draft: Draft, said: Said, asked: str | None) -> bool:
    """Whether the words belong to what happened, rather than only answering what was asked."""
    if asked == DETAILS:
        return len(said.text.strip()) >= _SHORTEST and said.intent not in ("affirm", "deny")
    if asked == ORDER and (said.first("order_number") or w.says_no_order(said.text)):
        return False
    if asked == PHOTOS and says_done(said):
        return False
    if asked == CONFIRMED and (w.corrects(said.text) or w.asks(said.text) or w.asks_how_it_stands(said.text)):
        return False
    return said.intent not in ("affirm", "deny", "stop") and w.tells_something(said.text)
