"""The shop that the settings name, and the provider of its payments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.domain.errors import NotFound
from aftersales.ports import Clock, OpenUnitOfWork, Payments, ShopBackend
from aftersales.stores.embedded_payments import EmbeddedPayments
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from connectors.medusa.changes import OrderLocks
from connectors.medusa.client import MedusaClient, MedusaSettings
from connectors.medusa.payments import MedusaPayments
from connectors.medusa.shop import MedusaShop
from connectors.refund_service.payments import RefundService
from connectors.shopify.client import ShopifyClient, ShopifySettings
from connectors.shopify.locks import OrderLocks as ShopifyLocks
from connectors.shopify.payments import ShopifyPayments
from connectors.shopify.shop import ShopifyShop
from runtime.settings import Settings

PAY_PAGE = "/demo/pay"
Shop = tuple[ShopBackend, Payments]


@asynccontextmanager
async def open_shop(settings: Settings, *, engine: AsyncEngine, clock: Clock) -> AsyncIterator[Shop]:
    """`engine` is on our database. Where the shop has a refund service of its own, that one pays back."""
    if settings.shop == "medusa":
        opened = _open_medusa(settings, engine)
    elif settings.shop == "shopify":
        opened = _open_shopify(settings, engine)
    else:
        opened = _open_embedded(settings, engine, clock)
    async with opened as (shop, payments):
        if not settings.refund_service_url:
            yield shop, payments
            return
        token = settings.refund_service_token.get_secret_value()
        async with RefundService(url=settings.refund_service_url, token=token) as service:
            yield shop, service


def payment_ids(unit_of_work: OpenUnitOfWork) -> Callable[[str], Awaitable[str | None]]:
    """Which payment a refund of ours is of, by the key that the provider knows it by."""

    async def payment_id_of(key: str) -> str | None:
        async with unit_of_work(read_only=True) as uow:
            try:
                return (await uow.refunds.get(key)).payment_id
            except NotFound:
                return None

    return payment_id_of


@asynccontextmanager
async def _open_embedded(settings: Settings, engine: AsyncEngine, clock: Clock) -> AsyncIterator[Shop]:
    payments = EmbeddedPayments(
        engine,
        clock,
        settle_after=timedelta(seconds=settings.refund_delay_seconds),
        pay_page=f"{settings.front_url}{PAY_PAGE}" if settings.demo else "",
    )
    yield EmbeddedShop(engine), payments


@asynccontextmanager
async def _open_medusa(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Shop]:
    """Shop and payments share their locks: no refund of ours meets a change of ours."""
    secret_key = settings.medusa_secret_key.get_secret_value()
    client, locks = MedusaClient(MedusaSettings(url=settings.medusa_url, secret_key=secret_key)), OrderLocks()
    by_hand = frozenset(settings.medusa_by_hand)
    try:
        yield (
            MedusaShop(client, locks=locks, language=settings.medusa_language, by_hand=by_hand),
            MedusaPayments(
                client, locks=locks, payment_id_of=payment_ids(SqlUnitOfWorkFactory(engine)), by_hand=by_hand
            ),
        )
    finally:
        await client.close()


@asynccontextmanager
async def _open_shopify(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Shop]:
    """Shop and payments share their locks, as at Medusa."""
    client = ShopifyClient(
        ShopifySettings(
            shop=settings.shopify_shop,
            token=settings.shopify_token.get_secret_value(),
            client_id=settings.shopify_client_id,
            client_secret=settings.shopify_client_secret.get_secret_value(),
            version=settings.shopify_api_version,
        )
    )
    locks = ShopifyLocks()
    try:
        yield (
            ShopifyShop(client, locks=locks, language=settings.shopify_language),
            ShopifyPayments(client, locks=locks, payment_id_of=payment_ids(SqlUnitOfWorkFactory(engine))),
        )
    finally:
        await client.close()
