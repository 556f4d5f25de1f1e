"""Webhooks out: of what a merchant's systems are told, how it is signed, when it is tried again. Pure.

Signed as Standard Webhooks says (https://www.standardwebhooks.com).
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from aftersales.domain.cases import CaseState
from aftersales.domain.changes import ChangeState
from aftersales.domain.conversations import Owner
from aftersales.domain.journal import Entry
from aftersales.domain.refunds import RefundState
from aftersales.domain.returns import ReturnState

_PREFIX = "whsec_"
PING = "ping"
_UPDATED = "updated"
_STATES: dict[str, Collection[str]] = {
    "return": tuple(ReturnState),
    "refund": tuple(RefundState),
    "case": tuple(CaseState),
    "change": tuple(ChangeState),
    "conversation": tuple(Owner),
    "promise": ("open", "kept", "released"),
}
EVENT_TYPES = tuple(f"{subject}.{state}" for subject, states in _STATES.items() for state in (*states, _UPDATED))

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
# An endpoint at which nothing has succeeded for so long is switched off.
PATIENCE = timedelta(days=3)
GONE = 410
_LONGEST_URL = 1000
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SPACE = re.compile(r"[\x00-\x20\x7f]")


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Off(StrEnum):
    """Why an endpoint is not told anything."""

    BY_HAND = "by_hand"
    FAILING = "failing"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a merchant's system is told of changes; of all where `events` is empty.

    `secret` signs, `old_secret` too until `old_until`: both are encrypted. `position` is that of the newest seal
    of the journal of which deliveries were written. `failing_since` is set while nothing succeeds.
    """

    id: str
    url: str
    secret: str
    events: tuple[str, ...]
    position: int
    created_by: str
    created_at: datetime
    off: Off | None = None
    old_secret: str | None = None
    old_until: datetime | None = None
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """An event on its way to an endpoint; those of one `lane` arrive in the order of their ids.

    `body` is what is sent, byte for byte the same each time, and empty once nothing will be sent any more.
    """

    id: int
    endpoint_id: str
    event_id: str
    type: str
    lane: str
    body: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None = None
    status: int | None = None
    failure: str | None = None


def event_type(entry: Entry) -> str | None:
    """What a change is called: its subject and the state it led to; None for what programs are not told."""
    if entry.subject not in _STATES:
        return None
    state = _UPDATED if entry.from_state == entry.to_state else entry.to_state
    return f"{entry.subject}.{state}"


def event_id(entry_id: int) -> str:
    """The same for every endpoint, attempt and replay: receivers drop by it what they have had."""
    return f"evt_{entry_id}"


def listens(events: Collection[str], kind: str) -> bool:
    """Whether one of `events` means it: by name, or all of a subject as `return.*`; none mean all."""
    return not events or kind in events or f"{kind.partition('.')[0]}.*" in events


def is_event_pattern(given: str) -> bool:
    subject, _, state = given.partition(".")
    return given in EVENT_TYPES or (subject in _STATES and state == "*")


def is_address(url: str, *, local: bool) -> bool:
    """Whether it may be an endpoint's: https, without credentials; http to this machine only where `local`."""
    if len(url) > _LONGEST_URL or _SPACE.search(url) or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and local and host in _LOCAL)


def pause_after(attempts: int, *, jitter: float) -> timedelta | None:
    """How long to wait after so many attempts; None: no more. `jitter`, 0 to 1, makes it up to a fifth longer."""
    return PAUSES[attempts - 1] * (1 + jitter / 5) if attempts <= len(PAUSES) else None


def new_secret() -> str:
    """256 random bits, as Standard Webhooks writes them."""
    return _PREFIX + b64encode(secrets.token_bytes(32)).decode()


def signatures(of: Sequence[str], *, message_id: str, at: datetime, body: str) -> str:
    """The header webhook-signature: one for each secret, HMAC-SHA256 over id, time and body."""
    signed = f"{message_id}.{int(at.timestamp())}.{body}".encode()
    keys = [b64decode(secret.removeprefix(_PREFIX)) for secret in of]
    return " ".join(f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys)
