"""Lists that programs walk through page by page: by birth and id, an order in which nothing ever moves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ended: the birth and the id of its last thing."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is narrowed to; None: to nothing. Of the times `since` is that of birth."""

    states: Collection[str] | None = None
    order_number: str | None = None
    customer_id: str | None = None
    since: datetime | None = None
    updated_since: datetime | None = None
