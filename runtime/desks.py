"""The desk at which the shop's people answer: our own, or the one elsewhere that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aftersales.ports import Clock, PeopleDesk
from connectors.chatwoot.client import ChatwootClient, ChatwootSettings
from connectors.chatwoot.desk import ChatwootDesk
from runtime.settings import Settings


@asynccontextmanager
async def open_people_desk(settings: Settings, *, clock: Clock) -> AsyncIterator[PeopleDesk | None]:
    """None for our own."""
    if not settings.chatwoot_url:
        yield None
        return
    there = ChatwootSettings(
        url=settings.chatwoot_url,
        token=settings.chatwoot_token.get_secret_value(),
        account=settings.chatwoot_account,
        inbox=settings.chatwoot_inbox,
    )
    async with ChatwootDesk(ChatwootClient(there), clock) as desk:
        yield desk
