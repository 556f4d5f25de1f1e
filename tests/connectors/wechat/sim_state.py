"""What the simulated WeChat knows: accounts, tokens, customers with what they may still be sent, and files.

A simulator, made after WeChat's pages; it was never compared with WeChat itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal

from aftersales.ports import Clock
from connectors.wechat.accounts import AccountKind

Fault = Literal["busy", "502", "slow", "not_json", "not_an_object", "no_errcode", "token"]
MEDIA_KEPT = timedelta(days=3)
TOKEN_VALID = timedelta(seconds=7200)
CHANGE_OVER = timedelta(minutes=5)
CODE_VALID = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a customer sees. `labelled`: with the line that says that a machine wrote it."""

    kind: Literal["text", "image", "menu", "notice"]
    text: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    image: bytes = b""
    labelled: bool = False
    notice: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Person:
    """One of the account's users, as WeChat keeps them. `left` messages may be sent before `until`."""

    openid: str
    follows: bool = True
    blocks_notices: bool = False
    left: int = 0
    until: datetime | None = None
    acted_at: datetime | None = None
    typing_until: datetime | None = None
    consents: dict[str, int] = field(default_factory=dict)
    received: list[Shown] = field(default_factory=list)
    faults_shown: int = 0

    def grant(self, messages: int, lasts: timedelta, *, at: datetime) -> None:
        """A new deed sets the count back to its own number, and renews the time."""
        self.left, self.until, self.acted_at = messages, at + lasts, at


@dataclass(frozen=True, slots=True)
class Media:
    content: bytes
    media_type: str
    name: str
    until: datetime


@dataclass
class AccountState:
    """`verified`: a service account that may send menus. `allowed` is whether calls come from a listed address.

    `refused` are the calls that were not granted: path and number.
    """

    app_id: str
    secret: str
    kind: AccountKind
    clock: Clock
    verified: bool = True
    allowed: bool = True
    people: dict[str, Person] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    templates: set[str] = field(default_factory=set)
    codes: dict[str, tuple[str, datetime, bool]] = field(default_factory=dict)
    used_codes: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)
    faults: deque[tuple[str, Fault]] = field(default_factory=deque)
    events: list[dict[str, Any]] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1_000_000_001))
    tokens: dict[str, datetime] = field(default_factory=dict)
    stable: tuple[str, datetime] | None = None
    latest: str = ""

    def stable_token(self, *, force: bool) -> tuple[str, int]:
        """The same until its last five minutes, in which the next one is given and both are valid."""
        now = self.clock.now()
        if force and self.stable is not None:
            self.tokens.pop(self.stable[0], None)
        if force or self.stable is None or self.stable[1] - now < CHANGE_OVER:
            self.stable = (self._new_token(), now + TOKEN_VALID)
        token, until = self.stable
        return token, int((until - now).total_seconds())

    def plain_token(self) -> tuple[str, int]:
        """Each makes the one before it invalid, after five minutes of change-over."""
        now = self.clock.now()
        if self.latest in self.tokens:
            self.tokens[self.latest] = min(self.tokens[self.latest], now + CHANGE_OVER)
        self.latest = self._new_token()
        return self.latest, int(TOKEN_VALID.total_seconds())

    def invalidate_tokens(self) -> None:
        """As when somebody elsewhere asks for a new one by force."""
        self.tokens.clear()
        self.stable = None

    def is_valid(self, token: str) -> bool:
        until = self.tokens.get(token)
        return until is not None and self.clock.now() < until

    def person(self, openid: str) -> Person | None:
        return self.people.get(openid)

    def keep(self, content: bytes, media_type: str, name: str) -> str:
        media_id = f"MEDIA-{next(self.numbers)}"
        self.media[media_id] = Media(content, media_type, name, self.clock.now() + MEDIA_KEPT)
        return media_id

    def found(self, media_id: object) -> Media | None:
        kept = self.media.get(media_id) if isinstance(media_id, str) else None
        return kept if kept is not None and self.clock.now() < kept.until else None

    def take_fault(self, path: str) -> Fault | None:
        """The next one, where it is meant for this call."""
        if self.faults and path.startswith(self.faults[0][0]):
            return self.faults.popleft()[1]
        return None

    def _new_token(self) -> str:
        token = f"{self.app_id}-{next(self.numbers)}-".ljust(512, "t")
        self.tokens[token] = self.clock.now() + TOKEN_VALID
        return token
