"""What a customer wants to be told, where and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.texts import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Of news alone: one-time codes, and what answers the customer's own words, are sent whatever was chosen.

    `email` and `app`: whether news may come by mail, and by messaging app. In the quiet hours, `quiet_from` to
    `quiet_to` by the shop's clock (over midnight where the end is earlier, none where both are the same), apps
    show nothing; a mail wakes nobody and may come at any time. `language` is None for that of the talk.
    """

    customer_id: str
    email: bool = True
    app: bool = True
    quiet_from: time = time(22)
    quiet_to: time = time(8)
    language: Language | None = None

    @property
    def ways(self) -> str:
        """What is left, for the journal."""
        return "+".join(name for name, wanted in (("email", self.email), ("app", self.app)) if wanted) or "none"


def quiet_until(preferences: Preferences, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which the moment lies; None outside of them. Both are aware."""
    begin, end = preferences.quiet_from, preferences.quiet_to
    if begin == end:
        return None
    local = at.astimezone(zone)
    now, over_midnight = local.time(), end < begin
    if over_midnight and (now >= begin or now < end):
        day = local.date() + timedelta(days=1 if now >= begin else 0)
    elif not over_midnight and begin <= now < end:
        day = local.date()
    else:
        return None
    return datetime.combine(day, end, tzinfo=zone)
