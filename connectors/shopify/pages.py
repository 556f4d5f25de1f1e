"""Lists of Shopify, page by page to their end."""

from __future__ import annotations

from typing import Any, TypeVar

import structlog

from aftersales.domain.errors import Unavailable
from connectors.shopify.answers import parsed
from connectors.shopify.client import ShopifyClient
from connectors.shopify.payloads import Connection, Wire

log = structlog.get_logger("returndesk.shopify")
Row = TypeVar("Row", bound=Wire)
_MOST_PAGES = 20


async def rest_of(
    client: ShopifyClient, document: str, *path: str, kind: type[Row], after: str | None = None, **variables: Any
) -> list[Row]:
    """What the list at `path` of the answers holds behind a cursor (None: all of it).

    Nothing for what is not there. Raises Unavailable, also for more than twenty pages: what is left out of a list
    would be taken for something that has not happened.
    """
    found: list[Row] = []
    for _ in range(_MOST_PAGES):
        told: Any = await client.query(document, **variables, after=after)
        for name in path:
            told = told.get(name) if isinstance(told, dict) else None
        if told is None:
            return found
        page = parsed(Connection[kind], told)  # type: ignore[valid-type]
        found += page.nodes
        if not page.page_info.has_next_page:
            return found
        after = page.page_info.end_cursor
    raise too_long()


def whole(connection: Connection[Row]) -> list[Row]:
    """The one page of a list that must not have another one. Raises Unavailable."""
    if connection.page_info.has_next_page:
        raise too_long()
    return connection.nodes


def too_long() -> Unavailable:
    """Of an order with more parts than are read: nothing is concluded from half of it."""
    log.error("shopify_too_long")
    return Unavailable("shopify_too_long")
