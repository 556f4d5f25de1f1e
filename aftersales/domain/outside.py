"""Talks that people answer at a desk elsewhere: what goes there, what comes back, and how far both have got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aftersales.domain.texts import Language

OUTSIDE_AGENT = "outside"  # the owner of a talk that somebody at the other desk has: no account of ours
OUTSIDE_NAME = "Chatwoot"  # what people at our own desk read for it


class OutsideState(StrEnum):
    """How a talk stands at the other desk. `bot`: its people have given it back."""

    OPEN = "open"
    BOT = "bot"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTalk:
    """A hand-over at the other desk.

    `outside_id` is the talk's id there, None until it was opened. `sent_seq` numbers the newest message of ours
    that is there; `heard_id` the newest message of theirs that need not be read again. `failures` counts the tries
    that failed in a row. `due_at` is when it is looked at next, None when there is no need. `closed`: their desk
    knows that the talk is over.
    """

    handover_id: str
    conversation_id: str
    outside_id: str | None = None
    sent_seq: int
    heard_id: int = 0
    failures: int = 0
    closed: bool = False
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePacket:
    """What their people get with a talk. `note` is for them alone; `name` is "" for a guest."""

    conversation_id: str
    name: str
    language: Language
    note: str


@dataclass(frozen=True, slots=True)
class OutsideFile:
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideWords:
    """What a person there wrote to the customer; `id` rises, `sender` is the name that customers may see."""

    id: int
    text: str
    sender: str
    files: tuple[OutsideFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideNews:
    """How a talk stands there, and what was written since, oldest first.

    `agent` is who has it ("" for nobody). `arrived` are the keys of our own messages among what was read, and
    `heard_id` is what the next reading may begin behind.
    """

    state: OutsideState
    agent: str
    words: tuple[OutsideWords, ...]
    arrived: frozenset[str]
    heard_id: int


def message_key(conversation_id: str, seq: int) -> str:
    """Under which key a message of ours is known there."""
    return f"returndesk:{conversation_id}:{seq}"
