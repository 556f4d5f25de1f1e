"""Customers in messaging apps: what the apps tell about them, and what can be said to them there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aftersales.domain.texts import Language


class PushKind(StrEnum):
    """What happened. Behind each stands what the body holds; other keys are ignored.

    `menu` is an entry of the account's own menu: its key is taken as what the customer says by it.
    """

    TEXT = "text"  # text
    CHOICE = "choice"  # choice: the id that we offered; text: its title
    FILE = "file"  # media: the app's id of the file; name: may be missing
    VOICE = "voice"  # text: what the app itself has heard; may be missing or empty
    PLACE = "place"  # text: name and address of the place
    MENU = "menu"  # text
    UNREADABLE = "unreadable"  # nothing: the customer sent something that cannot be read
    ENTER = "enter"  # code: answers with it are free (may be missing); scene: where the customer comes from
    LEAVE = "leave"  # nothing: the customer went for good, what is known from the app is removed
    CONSENT = "consent"  # template id -> how many notices are allowed from now on (may be 0)
    OUTCOME = "outcome"  # reference: of a message of ours; delivered: bool; reason: the app's own word
    FETCH = "fetch"  # token: there is something to be pulled; the sender's id is ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a customer's deed allows: so many messages, within that time of it."""

    messages: int
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Sender:
    """A customer in a messaging app: which app, which of the shop's accounts there, and who in it.

    All three are opaque and have 16, 64 and 128 characters at most.
    """

    channel: str
    account: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One thing that a messaging app told. `key` tells a repetition (128 characters at most, per account).

    `sent_at` is the app's own time, by which a sender's pushes are put in order; `rank` decides between those of
    the same second where the app numbers its messages. `grant` is None where the app sets no limits.
    """

    sender: Sender
    key: str
    kind: PushKind
    sent_at: datetime
    rank: int = 0
    body: Mapping[str, Any] = field(default_factory=dict)
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose. `id` is made of ASCII digits, so that every app takes it (20 at most)."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text, in one message. Options only where the channel has menus. `by_bot`: no person wrote it."""

    text: str
    options: tuple[Option, ...] = ()
    by_bot: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG or PNG image; `name` has the ending that fits."""

    content: bytes
    media_type: str
    name: str
    by_bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """News for a customer who cannot be written to freely: the app's own form is filled in with it.

    `response` names the text in data/responses, `parameters` are what it was filled in with (as people write
    them), `text` is the whole, `link` leads to more ("" for nowhere).
    """

    response: str
    language: Language
    parameters: Mapping[str, str]
    text: str
    link: str = ""


class Refusal(StrEnum):
    """Why the app did not take a message."""

    CLOSED = "closed"  # the time in which the customer may be written to is over
    SPENT = "spent"  # as many as were allowed were sent
    GONE = "gone"  # the customer has left or blocked the account
    REFUSED = "refused"  # this message, for good: another one may pass
    NO_FORM = "no_form"  # the shop has no form for this notice, or the customer allowed none


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message: taken under the app's own `reference` ("" where it gives none), or refused.

    Taken is not delivered: see PushKind.OUTCOME.
    """

    reference: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a customer sent; `name` as the app has it, "" for none."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was pulled behind a cursor, in the app's order. `more`: there is more behind the new cursor."""

    pushes: tuple[Push, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a channel can carry.

    `longest_text`, `longest_head` (text above a menu) and `longest_title` are bytes of UTF-8. `most_options` is
    0 for a channel without menus, where options are numbered in the text. `limited`: only what was granted may be
    sent.
    """

    longest_text: int
    most_options: int
    longest_head: int
    longest_title: int
    pictures: bool
    limited: bool
