"""How the desk writes the time of a promise, and who may put it right there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aftersales.domain.accounts import Account, Right
from aftersales.domain.promises import Promise, PromiseKind, is_whole_day, last_day
from aftersales.domain.texts import Language
from runtime import formats


def due_words(promise: Promise, language: Language, zone: ZoneInfo) -> str:
    """The time, or the day to whose end it counts."""
    is_answer = promise.kind is PromiseKind.CASE_ANSWER
    is_day = is_whole_day(promise.due_at, zone) if promise.is_spoken else not is_answer
    if is_day:
        return formats.day(last_day(promise.due_at, zone), language)
    return formats.moment(promise.due_at, language, zone)


def promise_helpers(account: Account, language: Language, zone: ZoneInfo) -> Mapping[str, Any]:
    """What the templates about promises in words are given."""

    def due(promise: Promise) -> str:
        return due_words(promise, language, zone)

    def field(promise: Promise) -> str:
        """For an input of a time in the shop's zone; the end of a day is its last minute."""
        shown = promise.due_at - timedelta(minutes=1) if is_whole_day(promise.due_at, zone) else promise.due_at
        return f"{shown.astimezone(zone):%Y-%m-%dT%H:%M}"

    def may_mend(promise: Promise) -> bool:
        is_own = promise.told_by == account.actor and account.may(Right.ANSWER_CASES)
        return promise.is_spoken and (is_own or account.may(Right.TAKE_OVER))

    return {"due_words": due, "due_field": field, "may_mend": may_mend}
