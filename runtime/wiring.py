"""Puts ports and adapters together, once per process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from aftersales.ports import Bot, Clock, Payments
from aftersales.services.context import Context
from aftersales.stores.base import make_engine
from aftersales.stores.embedded_payments import EmbeddedPayments
from aftersales.stores.embedded_shop import EmbeddedShop
from aftersales.stores.mailbox import EmbeddedMailbox
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from connectors.rasa.bot import RasaBot
from connectors.refund_service.payments import RefundService
from runtime.clock import SystemClock
from runtime.faq_file import FAQ, load_faq
from runtime.policy_file import load_policy
from runtime.policy_history import read_history
from runtime.settings import Settings
from runtime.texts import RESPONSES, ResponseTexts

PAY_PAGE = "/demo/pay"


@asynccontextmanager
async def open_context(settings: Settings, *, short_reads: bool = False) -> AsyncIterator[Context]:
    """The collaborators of the services; `short_reads` as make_engine takes it.

    The rules are those that the start of the service has noted; the file alone counts where it never was started.
    Raises PolicyFileError or FaqFileError for files that cannot be used.
    """
    texts = ResponseTexts(RESPONSES)
    clock = SystemClock()
    engine = make_engine(settings.database, short_reads=short_reads)
    unit_of_work = SqlUnitOfWorkFactory(engine)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        history = await read_history(unit_of_work)
        policy = history.at(clock.now()) or load_policy(settings.policy_file)
        yield Context(
            unit_of_work=unit_of_work,
            shop=EmbeddedShop(engine),
            payments=await stack.enter_async_context(_open_payments(settings, engine, clock)),
            policy=policy,
            faq=load_faq(FAQ, policy=policy, responses=texts.names),
            texts=texts,
            clock=clock,
            zone=ZoneInfo(settings.timezone),
            promise=timedelta(hours=settings.promise_hours),
            history=history,
        )


@asynccontextmanager
async def _open_payments(settings: Settings, engine: AsyncEngine, clock: Clock) -> AsyncIterator[Payments]:
    """The shop's own refund service where it has one, else the embedded provider."""
    if settings.refund_service_url:
        token = settings.refund_service_token.get_secret_value()
        async with RefundService(url=settings.refund_service_url, token=token) as service:
            yield service
        return
    yield EmbeddedPayments(
        engine,
        clock,
        settle_after=timedelta(seconds=settings.refund_delay_seconds),
        pay_page=f"{settings.front_url}{PAY_PAGE}" if settings.demo else "",
    )


def make_bot(settings: Settings) -> Bot:
    """The Rasa server of these settings."""
    return RasaBot(
        url=f"http://127.0.0.1:{settings.bot_port}",
        token=settings.internal_secret.get_secret_value(),
        timeout=15.0,
    )


@asynccontextmanager
async def open_notifier(settings: Settings) -> AsyncIterator[EmbeddedMailbox]:
    """Where one-time codes and news are sent: the embedded mailbox."""
    engine = make_engine(settings.database)
    try:
        yield EmbeddedMailbox(engine, SystemClock())
    finally:
        await engine.dispose()
