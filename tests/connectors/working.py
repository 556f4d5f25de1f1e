"""The worker's part of a talk in a messaging app, beside a real front and a simulator of the app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aftersales.ports import Channel
from aftersales.services.channel_inbox import SETTLE
from aftersales.services.channel_sending import Outlet
from aftersales.services.channel_talks import carry_channels
from tests.fronts import Front


async def work(front: Front, channels: Mapping[str, Channel], *, folder: Path, rounds: int = 2) -> None:
    """What is due within moments: with two rounds also what the first one has pulled."""
    outlets = {
        name: Outlet(channel, lambda message, _: message.text, folder) for name, channel in channels.items()
    }
    for _ in range(rounds):
        front.goods.clock.advance(seconds=SETTLE.total_seconds())
        await carry_channels(front.goods.ctx, outlets, front.bot)
