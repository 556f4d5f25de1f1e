"""Conversations: who speaks, what was said, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.domain.texts import Language

WEBSITE = "web"  # the channel that fetches by itself what was said

Author = Literal["customer", "bot", "agent", "system"]


class Owner(StrEnum):
    """Who may answer. `waiting` is queued for a person."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One talk with one customer in one channel.

    `epoch` rises with every change of owner; an answer is stored only while it still matches.
    `matter` numbers the Rasa session within the talk: it rises when a matter is done, so that trackers stay short.
    `last_seq` is the number of the newest message, `answered_seq` that of the newest customer message that
    the bot has dealt with, `asked_seq` that of the newest customer message at all. `customer_id` is set only by
    a verified session. `agent_id` is the account of the person who owns it (OUTSIDE_AGENT for one at a desk
    elsewhere), None while none does.
    """

    id: str
    channel: str
    owner: Owner
    epoch: int
    matter: int
    language: Language
    language_fixed: bool
    customer_id: str | None
    last_seq: int
    answered_seq: int
    asked_seq: int = 0
    agent_id: str | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def bot_session(self) -> str:
        """The sender id under which the bot keeps its tracker: conversation id and matter, dot between."""
        return f"{self.id}.{self.matter}"


@dataclass(frozen=True, slots=True)
class Choice:
    title: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`seq` counts from 1 within the conversation without gaps. `value` is the chosen choice's value, if any.

    `cards` are JSON objects with a `type`; `attachment_ids` name stored files. `client_message_id` is what the
    customer's client called it; `in_reply_to` the seq of the customer message that a bot message answers; `sender`
    is the name that an agent goes by.
    """

    conversation_id: str
    seq: int
    author: Author
    text: str
    at: datetime
    value: str | None = None
    choices: tuple[Choice, ...] = ()
    cards: tuple[dict[str, Any], ...] = ()
    attachment_ids: tuple[str, ...] = ()
    client_message_id: str | None = None
    in_reply_to: int | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatNote:
    """What agents write for each other about a conversation; `key` is unique. Never told to a customer."""

    id: str
    conversation_id: str
    key: str
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkSigns:
    """What is shown of a talk between people and soon forgotten: who is typing, and what has arrived.

    `fetched_seq` is the newest message that the customer's client has been given.
    """

    conversation_id: str
    customer_types_until: datetime | None = None
    agent_types_until: datetime | None = None
    fetched_seq: int = 0

    def customer_types(self, now: datetime) -> bool:
        return self.customer_types_until is not None and now < self.customer_types_until

    def agent_types(self, now: datetime) -> bool:
        return self.agent_types_until is not None and now < self.agent_types_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message that the bot wants to say."""

    text: str
    choices: tuple[Choice, ...] = ()
    cards: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One customer message on its way to the bot. `kind` tells how `text` is to be read.

    text: what the customer wrote; choice: the value of a choice that we offered; attachment: an attachment id.
    """

    session: str
    message_id: str
    kind: Literal["text", "choice", "attachment"]
    text: str
    language: Language
    language_fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the bot says to a turn, the language it settled on, and whether the matter at hand is done.

    `wish` is that a person shall take over; see `shown`.
    """

    replies: tuple[Reply, ...]
    language: Language
    language_fixed: bool
    matter_done: bool = False
    wish: HandoverWish | None = None

    @property
    def shown(self) -> tuple[Reply, ...]:
        """What the customer gets to read: where a person takes over, only that something was done before."""
        return self.replies if self.wish is None or self.wish.reason is HandoverReason.COMPLAINT else ()
