"""Office hours of an inbox, as Chatwoot reads them (app/models/working_hour.rb, out_of_offisable.rb)."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.chatwoot.payloads import Inbox, WorkingDay


def is_open(inbox: Inbox, now: datetime) -> bool:
    """Always, unless the inbox keeps hours; both ends count. A day that it does not name is closed."""
    if not inbox.working_hours_enabled:
        return True
    try:
        there = now.astimezone(ZoneInfo(inbox.timezone or "UTC"))
    except (ZoneInfoNotFoundError, OSError, ValueError):
        there = now
    weekday = there.isoweekday() % 7
    today = next((day for day in inbox.working_hours if day.day_of_week == weekday), None)
    return today is not None and _is_within(today, there.time())


def _is_within(day: WorkingDay, now: time) -> bool:
    if day.closed_all_day:
        return False
    if day.open_all_day:
        return True
    opens, closes = (day.open_hour, day.open_minutes), (day.close_hour, day.close_minutes)
    begin, end = (time(hour or 0, minute or 0) for hour, minute in (opens, closes))
    return begin <= now <= end
