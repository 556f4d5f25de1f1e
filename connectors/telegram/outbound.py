"""Customers in Telegram: the port Channel. Nothing limits how many messages answer them."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aftersales.domain.channels import (
    Download,
    Manners,
    Notice,
    Picture,
    Pulled,
    Refusal,
    Sender,
    Sent,
    Words,
)
from aftersales.domain.errors import Invalid
from connectors.telegram.client import TelegramClient, TelegramRefusal
from connectors.telegram.payloads import LARGEST_FILE, text_message

# A text has 4096 UTF-16 code units at most (sendMessage), of which no character takes more than bytes of UTF-8.
_MANNERS = Manners(
    longest_text=4096,
    most_options=20,
    longest_head=4096,
    longest_title=128,
    pictures=True,
    limited=False,
)


class TelegramChannel:
    """The Bot API knows no idempotency keys: the same message sent again arrives again."""

    def __init__(self, client: TelegramClient) -> None:
        self._client = client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    @property
    def manners(self) -> Manners:
        return _MANNERS

    async def send(self, to: Sender, item: Words | Picture, *, key: str, code: str = "") -> Sent:
        try:
            if isinstance(item, Words):
                message = text_message(to.id, item.text, options=item.options)
                return _sent(await self._client.send("sendMessage", message))
            file = (item.name, item.content, item.media_type)
            return _sent(await self._client.upload("sendPhoto", to.id, field="photo", file=file))
        except TelegramRefusal as refusal:
            return Sent(refusal=Refusal.GONE if refusal.status == 403 else Refusal.REFUSED)

    async def notify(self, to: Sender, notice: Notice, *, key: str) -> Sent:
        """An ordinary message: there are no forms, and a bot may write to whoever has begun a chat with it."""
        link = "" if notice.link in notice.text else f"\n{notice.link}"
        return await self.send(to, Words(text=notice.text + link), key=key)

    async def show_typing(self, to: Sender) -> None:
        """For five seconds, or until the next message arrives (sendChatAction)."""
        with suppress(TelegramRefusal):
            await self._client.ask("sendChatAction", {"chat_id": to.id, "action": "typing"})

    async def fetch(self, account: str, media: str) -> Download:
        """Telegram itself refuses files above 20 MB in the same way as those that it does not know."""
        try:
            file = await self._client.ask("getFile", {"file_id": media})
        except TelegramRefusal:
            raise Invalid("file_gone") from None
        path, size = (file.get("file_path"), file.get("file_size")) if isinstance(file, dict) else (None, None)
        if isinstance(size, int) and size > LARGEST_FILE:
            raise Invalid("file_too_large")
        if not isinstance(path, str) or not path:
            raise Invalid("file_gone")
        return Download(name=path.rpartition("/")[2], content=await self._client.download(path))

    async def pull(self, account: str, *, cursor: str, token: str) -> Pulled:
        """Nothing: Telegram tells everything by itself."""
        return Pulled((), cursor, more=False)


def _sent(message: Any) -> Sent:
    """What was taken counts as taken even where its number cannot be read."""
    number = message.get("message_id") if isinstance(message, dict) else None
    return Sent(reference=str(number) if isinstance(number, int) else "")
