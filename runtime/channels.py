"""The messaging apps that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aftersales.ports import Channel, Clock
from runtime.settings import Settings


@asynccontextmanager
async def open_channels(settings: Settings, *, clock: Clock) -> AsyncIterator[Mapping[str, Channel]]:
    """By name; none for a shop that is on its website alone."""
    channels: dict[str, Channel] = {}
    async with AsyncExitStack():
        yield channels
