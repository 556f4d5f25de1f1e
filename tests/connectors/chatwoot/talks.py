"""A world whose people answer at a fake Chatwoot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aftersales.domain.conversations import Conversation, Owner
from aftersales.domain.handovers import HandoverReason
from aftersales.services.outside_talks import carry_due
from connectors.chatwoot.client import ChatwootClient, ChatwootSettings
from connectors.chatwoot.desk import ChatwootDesk
from tests.connectors.chatwoot.fake import ACCOUNT, INBOX, ROOT, TOKEN, FakeChatwoot
from tests.desks import want_person
from tests.talks import World, open_world


@dataclass(frozen=True, slots=True)
class Shop:
    """`world` hands over to `chatwoot`; `desk` is what stands between."""

    world: World
    chatwoot: FakeChatwoot
    desk: ChatwootDesk
    folder: Path

    async def carry(self, *, seconds: float = 31) -> None:
        """The worker's turn after so many seconds."""
        self.world.clock.advance(seconds=seconds)
        await carry_due(self.world.ctx, folder=self.folder)

    async def waiting(self, *texts: str, customer_id: str | None = "c-lin") -> Conversation:
        """A customer who asked for a person, at Chatwoot already: conversation 1 for the first."""
        talk = await self.world.talk(customer_id=customer_id)
        await self.world.write(talk, *(texts or ("转人工",)))
        handed = await want_person(self.world, talk, HandoverReason.REQUESTED)
        assert handed.owner is Owner.WAITING
        await self.carry(seconds=0)
        return handed

    async def said(self, conversation: Conversation) -> list[str]:
        """What the customer was told, by response name where the service said it."""
        return [
            message.text.split("/")[0]
            for message in await self.world.said(conversation)
            if message.author != "customer"
        ]

    async def owner(self, conversation: Conversation) -> Owner:
        return (await self.world.now(conversation)).owner


@asynccontextmanager
async def open_shop(kind: str, folder: Path, *, token: str = TOKEN) -> AsyncIterator[Shop]:
    async with open_world(kind, folder) as world:
        chatwoot = FakeChatwoot(lambda: world.clock.now().timestamp())
        settings = ChatwootSettings(url=ROOT, token=token, account=ACCOUNT, inbox=INBOX)
        async with ChatwootDesk(ChatwootClient(settings, transport=chatwoot.transport), world.clock) as desk:
            ctx = replace(world.ctx, desk=desk, front_url="https://returns.example")
            yield Shop(replace(world, ctx=ctx), chatwoot, desk, folder / "attachments")
