"""A messaging app of ours, small enough to be read, for tests of what is the same for all of them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from aftersales.domain.channels import (
    Download,
    Grant,
    Manners,
    Notice,
    Picture,
    Pulled,
    Push,
    PushKind,
    Refusal,
    Sender,
    Sent,
    Words,
)
from aftersales.domain.errors import Invalid, OutcomeUnknown, Unavailable
from aftersales.domain.threads import Thread
from aftersales.ports import Bot
from aftersales.services.channel_inbox import SETTLE, note_pushes
from aftersales.services.channel_sending import Outlet
from aftersales.services.channel_talks import carry_channels
from tests.talks import World

MESSAGE = Grant(5, timedelta(hours=48))
CLICK = Grant(3, timedelta(minutes=1))
LI = Sender("app", "shop", "li")
PLAIN = Manners(
    longest_text=2048, most_options=0, longest_head=1024, longest_title=128, pictures=True, limited=True
)
WITH_MENUS = replace(PLAIN, most_options=10)


@dataclass
class ListChannel:
    """Keeps what was sent. `down` and `unknown` are how many of the next calls fail so; `refusal` refuses all."""

    manners: Manners = PLAIN
    sent: list[tuple[str, Words | Picture]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, Pulled] = field(default_factory=dict)
    down: int = 0
    unknown: int = 0
    refusal: Refusal | None = None
    forms: bool = False

    async def send(self, to: Sender, item: Words | Picture, *, key: str, code: str = "") -> Sent:
        self.keys.append(key)
        if self.down:
            self.down -= 1
            raise Unavailable("app")
        if self.refusal is not None:
            return Sent(refusal=self.refusal)
        self.sent.append((to.id, item))
        self.codes.append(code)
        if self.unknown:
            self.unknown -= 1
            raise OutcomeUnknown("app")
        return Sent(reference=f"ref-{len(self.sent)}")

    async def notify(self, to: Sender, notice: Notice, *, key: str) -> Sent:
        if not self.forms:
            return Sent(refusal=Refusal.NO_FORM)
        self.notices.append(notice)
        return Sent(reference=key)

    async def show_typing(self, to: Sender) -> None:
        return

    async def fetch(self, account: str, media: str) -> Download:
        if self.down:
            self.down -= 1
            raise Unavailable("app")
        if media not in self.files:
            raise Invalid("file_gone")
        return Download("", self.files[media])

    async def pull(self, account: str, *, cursor: str, token: str) -> Pulled:
        return self.pages[cursor]

    def texts(self, customer: str = LI.id) -> list[str]:
        return [item.text for to, item in self.sent if to == customer and isinstance(item, Words)]


@dataclass
class Apps:
    """A world with one app, in which one round at a time is made."""

    world: World
    app: ListChannel
    folder: Path
    bot: Bot
    count: int = 0

    def outlet(self) -> Outlet:
        return Outlet(self.app, lambda message, _language: message.text, self.folder)

    def push(self, kind: PushKind = PushKind.TEXT, *, sender: Sender = LI, after: float = 0, **body: Any) -> Push:
        """The next push of a customer, so many seconds after now by the app's clock."""
        self.count += 1
        at = self.world.clock.now() + timedelta(seconds=after)
        grant = CLICK if kind in (PushKind.CHOICE, PushKind.MENU, PushKind.ENTER) else MESSAGE
        return Push(sender=sender, key=f"k{self.count}", kind=kind, sent_at=at, body=body, grant=grant)

    async def tell(self, *pushes: Push) -> int:
        return await note_pushes(self.world.ctx, pushes)

    async def carry(self) -> int:
        """What is due a moment later."""
        self.world.clock.advance(seconds=SETTLE.total_seconds())
        return await carry_channels(self.world.ctx, {"app": self.outlet()}, self.bot)

    async def says(self, *texts: str, sender: Sender = LI) -> None:
        await self.tell(*(self.push(text=text, sender=sender) for text in texts))
        await self.carry()

    async def thread(self, sender: Sender = LI) -> Thread:
        async with self.world.ctx.unit_of_work(read_only=True) as uow:
            return await uow.threads.of_sender(sender)


def picture_bytes() -> bytes:
    """A small PNG that shows something."""
    content = io.BytesIO()
    Image.linear_gradient("L").resize((32, 32)).save(content, format="PNG")
    return content.getvalue()
