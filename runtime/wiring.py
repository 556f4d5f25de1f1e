"""Puts ports and adapters together, once per process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.signed_links import SignedLinks
from aftersales.ports import Bot
from aftersales.services.context import Context
from aftersales.stores.base import make_engine
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from connectors.rasa.bot import RasaBot
from runtime.channels import signs_in_at_the_shop
from runtime.clock import SystemClock
from runtime.desks import open_people_desk
from runtime.faq_file import FAQ, FaqFileError, load_faq
from runtime.hours_file import load_hours
from runtime.policy_file import PolicyFileError, load_policy
from runtime.policy_history import read_history
from runtime.problems import CannotStart, variable
from runtime.settings import Settings
from runtime.shops import open_shop
from runtime.texts import shipped_texts


@asynccontextmanager
async def open_context(settings: Settings, *, short_reads: bool = False) -> AsyncIterator[Context]:
    """The collaborators of the services; `short_reads` as make_engine takes it.

    The rules are those that the start of the service has noted; the file alone counts where it never was started.
    Raises CannotStart for files that cannot be used.
    """
    texts = shipped_texts()
    clock, zone = SystemClock(), ZoneInfo(settings.timezone)
    engine = make_engine(settings.database, short_reads=short_reads)
    unit_of_work = SqlUnitOfWorkFactory(engine)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        history = await read_history(unit_of_work)
        with _told("policy_file"):
            policy = history.at(clock.now()) or load_policy(settings.policy_file)
            faq = load_faq(FAQ, policy=policy, responses=texts.names)
        with _told("hours_file"):
            hours = load_hours(settings.hours_file, zone=zone)
        shop, payments = await stack.enter_async_context(open_shop(settings, engine=engine, clock=clock))
        desk = await stack.enter_async_context(open_people_desk(settings, clock=clock))
        yield Context(
            unit_of_work=unit_of_work,
            shop=shop,
            payments=payments,
            policy=policy,
            faq=faq,
            texts=texts,
            clock=clock,
            zone=zone,
            hours=hours,
            links=SignedLinks(settings.case_link_key.get_secret_value().encode(), settings.front_url),
            promise=timedelta(hours=settings.promise_hours),
            history=history,
            desk=desk,
            front_url=settings.front_url,
            sign_in_apps=frozenset({"wechat"} if signs_in_at_the_shop(settings) else ()),
        )


@contextmanager
def _told(field: str) -> Iterator[None]:
    """What is wrong with the file of this setting, as whoever started the process reads it."""
    try:
        yield
    except PolicyFileError as error:
        raise CannotStart(f"{variable(field)}: {error}") from None
    except FaqFileError as error:
        raise CannotStart(str(error)) from None


def make_bot(settings: Settings) -> Bot:
    """The Rasa server of these settings."""
    return RasaBot(
        url=f"http://127.0.0.1:{settings.bot_port}",
        token=settings.internal_secret.get_secret_value(),
        timeout=15.0,
    )
