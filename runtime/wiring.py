"""Puts ports and adapters together, once per process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from aftersales.domain.signed_links import SignedLinks
from aftersales.ports import Bot
from aftersales.services.context import Context
from aftersales.services.rules import Rules
from aftersales.stores.base import make_engine
from aftersales.stores.unit_of_work import SqlUnitOfWorkFactory
from connectors.rasa.bot import RasaBot
from runtime.channels import signs_in_at_the_shop
from runtime.clock import SystemClock
from runtime.desks import open_people_desk
from runtime.faq_file import FAQ, FaqFileError, load_faq
from runtime.policy_file import PolicyFileError
from runtime.problems import CannotStart, variable
from runtime.rules_watch import RulesWatch, watching
from runtime.settings import Settings
from runtime.shops import open_shop
from runtime.texts import shipped_texts


@asynccontextmanager
async def open_context(
    settings: Settings, *, short_reads: bool = False, watches: bool = True
) -> AsyncIterator[Context]:
    """The collaborators of the services; `short_reads` as make_engine takes it.

    The rules are those that were noted last; the file alone counts where none ever were. With `watches` they
    change with the files and with what other processes note. Raises CannotStart for files that cannot be used.
    """
    texts = shipped_texts()
    clock, zone = SystemClock(), ZoneInfo(settings.timezone)
    engine = make_engine(settings.database, short_reads=short_reads)
    unit_of_work = SqlUnitOfWorkFactory(engine)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        watch = RulesWatch(
            unit_of_work,
            policy_file=settings.policy_file,
            hours_file=settings.hours_file,
            faq_for=lambda policy: load_faq(FAQ, policy=policy, responses=texts.names),
            clock=clock,
            zone=zone,
        )
        rules = await _begin(watch, settings)
        if watches:
            await stack.enter_async_context(watching(watch))
        shop, payments = await stack.enter_async_context(open_shop(settings, engine=engine, clock=clock))
        desk = await stack.enter_async_context(open_people_desk(settings, clock=clock))
        yield Context(
            unit_of_work=unit_of_work,
            shop=shop,
            payments=payments,
            rules=rules,
            texts=texts,
            clock=clock,
            zone=zone,
            links=SignedLinks(settings.case_link_key.get_secret_value().encode(), settings.front_url),
            promise=timedelta(hours=settings.promise_hours),
            desk=desk,
            front_url=settings.front_url,
            sign_in_apps=frozenset({"wechat"} if signs_in_at_the_shop(settings) else ()),
        )


async def _begin(watch: RulesWatch, settings: Settings) -> Rules:
    """Raises CannotStart with what is wrong with a file, as whoever started the process reads it."""
    try:
        return await watch.begin()
    except PolicyFileError as error:
        field = "hours_file" if error.path == settings.hours_file else "policy_file"
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
