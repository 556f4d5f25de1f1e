"""Which sites' pages may talk to the chat API (the Fetch standard's CORS protocol)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_SHARED = {"Access-Control-Expose-Headers": "Retry-After, Content-Language", "Vary": "Origin"}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept-Language",
    "Access-Control-Max-Age": "600",
}


def cors_headers(origin: str | None, *, allowed: Collection[str], preflight: bool = False) -> Mapping[str, str]:
    """The headers for a page of `origin`; never a wildcard and never credentials. Others get none of them."""
    if origin is None or origin not in allowed:
        return {"Vary": "Origin"}
    headers = {"Access-Control-Allow-Origin": origin, **_SHARED}
    return {**headers, **_PREFLIGHT} if preflight else headers


def is_allowed(origin: str | None, *, host: str, allowed: Collection[str]) -> bool:
    """Whether a websocket may be opened: from the front's own pages, an allowed site, or without a browser."""
    if origin is None:
        return True
    return origin in allowed or urlsplit(origin).netloc == host
