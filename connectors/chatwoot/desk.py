"""Chatwoot as the desk of the shop's people: an inbox with the channel API, a conversation per hand-over."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from aftersales.domain.errors import NotFound, ProviderRejected, Unavailable
from aftersales.domain.outside import OutsideFile, OutsideNews, OutsidePacket
from aftersales.ports import Attachment, Clock
from connectors.chatwoot.client import ChatwootClient
from connectors.chatwoot.hours import is_open
from connectors.chatwoot.payloads import (
    OURS,
    Contact,
    Contacts,
    Conversation,
    Conversations,
    Inbox,
    MadeContact,
    Message,
    Messages,
)

log = structlog.get_logger("returndesk.chatwoot")

_HOURS_KEPT = timedelta(minutes=1)
_PAGE = 100  # messages that app/finders/message_finder.rb gives behind an id
_MOST_PAGES = 10
_SETTLED_AFTER = 60  # seconds: ids are given before a message is committed, so newer ones are read again
_KEY = "returndesk_handover"

M = TypeVar("M", bound=BaseModel)


class ChatwootDesk:
    """The port PeopleDesk.

    Chatwoot knows no idempotency keys, so what was made is looked for before it is made again: a contact by its
    identifier, a conversation by a custom attribute, a message by its `source_id`.
    """

    def __init__(self, client: ChatwootClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._hours: tuple[bool, datetime] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def is_open(self) -> bool:
        """By the inbox's working hours, asked for once a minute. Raises Unavailable, ProviderRejected."""
        now = self._clock.now()
        if self._hours is None or now >= self._hours[1]:
            inbox = _read(Inbox, await self._here(f"/inboxes/{self._client.settings.inbox}"))
            self._hours = (is_open(inbox, now), now + _HOURS_KEPT)
        return self._hours[0]

    async def begin(self, packet: OutsidePacket, *, key: str) -> str:
        """A contact without address, e-mail or telephone number; an open conversation; the note, private."""
        contact = await self._contact(packet)
        found = await self._find(contact, key=key) or await self._open(contact, packet, key=key)
        path = f"/conversations/{found.id}"
        if found.status != "open":  # an inbox that keeps to one conversation gives the old one again
            await self._client.post(f"{path}/toggle_status", {"status": "open"})
        note_key = f"{OURS}{key}:begin"
        if all(message.source_id != note_key for message in await self._messages(path, after=0)):
            await self.note(str(found.id), packet.note, key=note_key)
        return str(found.id)

    async def find(self, conversation_id: str, *, key: str) -> str | None:
        contact = await self._known(_identifier(conversation_id))
        found = await self._find(contact, key=key) if contact else None
        return str(found.id) if found else None

    async def read(self, outside_id: str, *, after: int) -> OutsideNews:
        path = f"/conversations/{outside_id}"
        conversation = _read(Conversation, await self._client.get(path))
        messages = sorted(await self._messages(path, after=after), key=lambda message: message.id)
        words = [message.words() for message in messages if message.is_for_customer]
        assignee = conversation.meta.assignee
        return OutsideNews(
            state=conversation.state,
            agent=assignee.shown if assignee else (words[-1].sender if words else ""),
            words=tuple(words),
            arrived=frozenset(message.source_id for message in messages if message.source_id),
            heard_id=max([after, *_settled(messages)]),
        )

    async def tell(
        self, outside_id: str, text: str, *, key: str, files: Sequence[tuple[Attachment, bytes]] = ()
    ) -> None:
        path = f"/conversations/{outside_id}/messages"
        if not files:
            body = {"content": text, "message_type": "incoming", "private": False, "source_id": key}
            await self._client.post(path, body)
            return
        fields = {"content": text, "message_type": "incoming", "source_id": key}
        parts = [(attachment.name, content, attachment.media_type) for attachment, content in files]
        await self._client.upload(path, fields, parts)

    async def note(self, outside_id: str, text: str, *, key: str) -> None:
        body = {"content": text, "message_type": "outgoing", "private": True, "source_id": key}
        await self._client.post(f"/conversations/{outside_id}/messages", body)

    async def fetch(self, file: OutsideFile) -> bytes:
        return await self._client.download(file.url)

    async def close(self, outside_id: str) -> None:
        await self._client.post(f"/conversations/{outside_id}/toggle_status", {"status": "resolved"})

    async def _contact(self, packet: OutsidePacket) -> Contact:
        """One per conversation of ours: who sits there may change, and a contact there is for ever."""
        identifier = _identifier(packet.conversation_id)
        known = await self._known(identifier)
        if known is not None:
            return known
        body = {
            "inbox_id": self._client.settings.inbox,
            "identifier": identifier,
            "source_id": identifier,
            "name": packet.name or identifier,
            "custom_attributes": {"language": packet.language},
        }
        try:
            return _read(MadeContact, await self._make("/contacts", body)).payload.contact
        except ProviderRejected:
            with suppress(NotFound):  # another worker was faster: the identifier is taken
                known = await self._known(identifier)
            if known is None:
                raise
            return known

    async def _known(self, identifier: str) -> Contact | None:
        found = _read(Contacts, await self._here("/contacts/search", q=identifier))
        return next((contact for contact in found.payload if contact.identifier == identifier), None)

    async def _find(self, contact: Contact, *, key: str) -> Conversation | None:
        found = _read(Conversations, await self._here(f"/contacts/{contact.id}/conversations"))
        return next((one for one in found.payload if one.custom_attributes.get(_KEY) == key), None)

    async def _open(self, contact: Contact, packet: OutsidePacket, *, key: str) -> Conversation:
        body = {
            "inbox_id": self._client.settings.inbox,
            "contact_id": contact.id,
            "source_id": _identifier(packet.conversation_id),
            "status": "open",
            "custom_attributes": {_KEY: key, "language": packet.language},
        }
        return _read(Conversation, await self._make("/conversations", body))

    async def _messages(self, path: str, *, after: int) -> list[Message]:
        found: list[Message] = []
        for _ in range(_MOST_PAGES):
            page = _read(Messages, await self._client.get(f"{path}/messages", after=after)).payload
            found += page
            if len(page) < _PAGE:
                break
            after = max(message.id for message in page)
        return found

    async def _here(self, path: str, **query: str | int) -> Any:
        """As the client's get; what is not found here is a fault of the settings, not a talk that was deleted."""
        try:
            return await self._client.get(path, **query)
        except NotFound:
            raise ProviderRejected("status 404") from None

    async def _make(self, path: str, body: dict[str, Any]) -> Any:
        try:
            return await self._client.post(path, body)
        except NotFound:
            raise ProviderRejected("status 404") from None


def _identifier(conversation_id: str) -> str:
    return f"{OURS}{conversation_id}"


def _settled(messages: Sequence[Message]) -> list[int]:
    newest = max((message.created_at for message in messages), default=0)
    return [message.id for message in messages if message.created_at <= newest - _SETTLED_AFTER]


def _read(model: type[M], answer: object) -> M:
    """Raises Unavailable for an answer of another shape; its words are kept out of logs."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        log.error("chatwoot_unreadable", model=model.__name__, faults=error.error_count())
        raise Unavailable("unreadable answer") from None
