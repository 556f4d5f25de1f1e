"""What the settings say of the shop's own system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from runtime.settings import Settings

_SHORTEST_SECRET = 32
_SHOPIFY_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com")
# Refunds are idempotent since.
_SHOPIFY_VERSION = re.compile(r"2026-(04|07|10)|20(2[7-9]|[3-9][0-9])-(01|04|07|10)")


def shop_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong with them: the setting to change, and why."""
    if settings.shop == "embedded":
        return
    if settings.demo:
        yield "demo", "the demo is of the embedded shop; set RETURNDESK_DEMO=false"
    yield from _medusa_problems(settings) if settings.shop == "medusa" else _shopify_problems(settings)


def _medusa_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    if not _is_address(settings.medusa_url):
        yield "medusa_url", "must be the address of the Medusa server, such as https://shop.example.com"
    if not settings.medusa_secret_key.get_secret_value():
        yield "medusa_secret_key", "must be a secret API key of the Medusa server"
    if 0 < len(settings.medusa_webhook_secret.get_secret_value()) < _SHORTEST_SECRET:
        yield "medusa_webhook_secret", f"must have at least {_SHORTEST_SECRET} characters"


def _shopify_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    if not _SHOPIFY_SHOP.fullmatch(settings.shopify_shop):
        yield "shopify_shop", "must be the shop's own name at Shopify, such as foothill.myshopify.com"
    app = bool(settings.shopify_client_id and settings.shopify_client_secret.get_secret_value())
    if app == bool(settings.shopify_token.get_secret_value()):
        both = "RETURNDESK_SHOPIFY_CLIENT_ID and RETURNDESK_SHOPIFY_CLIENT_SECRET"
        yield "shopify_token", f"give either an access token, or both {both}"
    if not _SHOPIFY_VERSION.fullmatch(settings.shopify_api_version):
        yield "shopify_api_version", "must be a version of 2026-04 or later, such as 2026-10"
    if 0 < len(settings.shopify_webhook_secret.get_secret_value()) < _SHORTEST_SECRET:
        yield "shopify_webhook_secret", f"must have at least {_SHORTEST_SECRET} characters"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
