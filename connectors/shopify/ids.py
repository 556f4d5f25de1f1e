"""Shopify's ids: gid://shopify/Order/1 is 1 with us, as it is in Shopify's own addresses and in site tokens."""

from __future__ import annotations

import re

from aftersales.domain.errors import NotFound

_NUMBER = re.compile(r"[0-9]{1,19}")


def gid(kind: str, id: str) -> str:
    """Raises NotFound for what cannot be an id of Shopify."""
    if not _NUMBER.fullmatch(id):
        raise NotFound(id)
    return f"gid://shopify/{kind}/{id}"


def bare(gid: str) -> str:
    return gid.rpartition("/")[2].partition("?")[0]
