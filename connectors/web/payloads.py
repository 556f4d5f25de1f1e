"""The JSON of the chat API: what comes in is checked, what goes out is shaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from aftersales.domain.conversations import Conversation, Message
from aftersales.domain.money import Money
from aftersales.domain.texts import Language
from aftersales.ports import Attachment
from connectors.web.problems import Problem

_CLIENT_ID = r"^[A-Za-z0-9_.:-]{1,64}$"

P = TypeVar("P", bound=BaseModel)


class _Payload(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class NewSession(_Payload):
    language: str | None = Field(None, pattern=r"(?i)^(zh|en)(-[a-z0-9-]{1,30})?$")
    site_token: str | None = None


class NewMessage(_Payload):
    """Exactly one of `text` and `choice`."""

    client_message_id: str = Field(pattern=_CLIENT_ID)
    text: str | None = None
    choice: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> NewMessage:
        if (self.text is None) == (self.choice is None):
            raise ValueError("exactly one of text and choice")
        return self


class Hello(_Payload):
    token: str
    after: int = Field(0, ge=0, le=2**31 - 1)


class ClientMessageId(_Payload):
    client_message_id: str = Field(pattern=_CLIENT_ID)


def read(kind: type[P], value: Mapping[str, Any]) -> P:
    """Raises Problem bad_request."""
    try:
        return kind.model_validate(value)
    except ValidationError:
        raise Problem("bad_request") from None


def language_tag(tag: str | None) -> Language | None:
    """zh or en from a tag such as zh-CN."""
    if tag is None:
        return None
    return "zh" if tag.lower().startswith("zh") else "en"


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, e.g. 2026-11-21T08:00:00.000Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def money_json(money: Money) -> dict[str, str]:
    """The amount in major units as a decimal string."""
    return {"amount": money.decimal(), "currency": money.currency}


def attachment_json(attachment: Attachment) -> dict[str, Any]:
    return {
        "attachment_id": attachment.id,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
    }


def message_json(message: Message, attachments: Mapping[str, Attachment]) -> dict[str, Any]:
    """A message as clients see it.

    `client_message_id` is only on what the customer said, `agent_name` only on what a person wrote in their chat.
    """
    shown: dict[str, Any] = {
        "seq": message.seq,
        "from": message.author,
        "text": message.text,
        "choices": [{"title": choice.title, "value": choice.value} for choice in message.choices],
        "cards": list(message.cards),
        "attachments": [attachment_json(attachments[key]) for key in message.attachment_ids if key in attachments],
        "at": instant(message.at),
    }
    if message.author == "customer" and message.client_message_id is not None:
        shown["client_message_id"] = message.client_message_id
    if message.sender is not None:
        shown["agent_name"] = message.sender
    return shown


def session_json(token: str, conversation: Conversation) -> dict[str, Any]:
    return {
        "session_token": token,
        "conversation_id": conversation.id,
        "language": conversation.language,
        "verified": conversation.customer_id is not None,
    }
