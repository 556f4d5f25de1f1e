"""Feedback: stored once per message, seen at the desk with its averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from aftersales.domain.errors import Invalid
from aftersales.domain.feedback import HIGHEST, LOWEST, Feedback, FeedbackKind
from aftersales.domain.ids import new_id
from aftersales.domain.masking import mask_cards
from aftersales.services.context import Context
from aftersales.services.conversations import clean_text

_LONGEST_COMMENT = 2000
_TOGETHER = timedelta(hours=1)
SPANS = (7, 30, 365)  # days over which the desk shows averages


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of `count` ratings of the last `days` days; `tenths` is ten times it, rounded half up."""

    days: int
    count: int
    tenths: int


async def give_feedback(
    ctx: Context,
    *,
    conversation_id: str,
    customer_id: str | None,
    kind: FeedbackKind,
    rating: int | None,
    comment: str,
    key: str,
    order_number: str | None = None,
) -> Feedback:
    """Stores it; the same key again: what was stored. A rating completes what the talk praised just before.

    Raises Invalid (rating; comment when both are empty)."""
    if rating is not None and not LOWEST <= rating <= HIGHEST:
        raise Invalid("rating")
    words = mask_cards(clean_text(comment))[:_LONGEST_COMMENT]
    if rating is None and not words:
        raise Invalid("comment")
    item = Feedback(
        id=new_id(),
        key=key,
        conversation_id=conversation_id,
        customer_id=customer_id,
        kind=kind,
        rating=rating,
        comment=words,
        order_number=order_number,
        created_at=ctx.clock.now(),
    )
    async with ctx.unit_of_work() as uow:
        before = await uow.feedback.latest_of(conversation_id, since=item.created_at - _TOGETHER)
        if before is not None and rating is not None and _belongs_to(before, rating, words):
            whole = replace(before, rating=rating, comment=_joined(before.comment, words))
            await uow.feedback.complete(whole.id, rating=rating, comment=whole.comment)
            return whole
        if await uow.feedback.add(item):
            return item
        return await uow.feedback.by_key(key) or item


async def is_rating_of_words(ctx: Context, *, conversation_id: str, rating: int) -> bool:
    """Whether this rating completes words that were left in the talk just before, or has done so already."""
    since = ctx.clock.now() - _TOGETHER
    async with ctx.unit_of_work(read_only=True) as uow:
        before = await uow.feedback.latest_of(conversation_id, since=since)
    return before is not None and _belongs_to(before, rating, "")


def _belongs_to(before: Feedback, rating: int, words: str) -> bool:
    if before.kind is FeedbackKind.RATING:
        return False
    return before.rating is None or (before.rating == rating and words in before.comment)


def _joined(comment: str, words: str) -> str:
    return comment if not words or words in comment else f"{comment}\n{words}"[:_LONGEST_COMMENT]


async def read_feedback(ctx: Context, *, limit: int = 100) -> tuple[Sequence[Feedback], Sequence[Average]]:
    """The newest feedback, and the average rating over each of SPANS."""
    now = ctx.clock.now()
    async with ctx.unit_of_work(read_only=True) as uow:
        newest = await uow.feedback.newest(limit=limit)
        averages = []
        for days in SPANS:
            found = await uow.feedback.ratings(since=now - timedelta(days=days))
            tenths = (20 * found.total + found.count) // (2 * found.count) if found.count else 0
            averages.append(Average(days, found.count, tenths))
    return newest, averages
