"""Accounts of the people at the desk: who they are, what their role lets them do, up to which refund."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from aftersales.domain.errors import Forbidden, Invalid
from aftersales.domain.money import Money
from aftersales.domain.texts import Language

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
LONGEST_DISPLAY_NAME = 40
_MOST_TYPED = 200
# Actors of the journal that are no people: nobody may look like them.
RESERVED_NAMES = frozenset({"bot", "desk", "merchant", "system"})


class Role(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    FINANCE = "finance"
    ADMIN = "admin"


class Right(StrEnum):
    """`pay_out`: have a refund made again, or book money as paid or received by other means.

    `take_over`: take a talk from the bot or from another agent. `manage_desk`: set up seats and canned answers.
    `grant_exceptions`: let a customer have what only a window that has closed would refuse.
    """

    ANSWER_CASES = "answer_cases"
    HANDLE_RETURNS = "handle_returns"
    GRANT_EXCEPTIONS = "grant_exceptions"
    DECIDE_REFUNDS = "decide_refunds"
    PAY_OUT = "pay_out"
    TAKE_OVER = "take_over"
    MANAGE_DESK = "manage_desk"
    MANAGE_ACCOUNTS = "manage_accounts"


# What is not named here is not allowed. Everybody who is signed in may look.
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: frozenset({Right.ANSWER_CASES, Right.HANDLE_RETURNS, Right.DECIDE_REFUNDS}),
    Role.SUPERVISOR: frozenset(
        {
            Right.ANSWER_CASES,
            Right.HANDLE_RETURNS,
            Right.GRANT_EXCEPTIONS,
            Right.DECIDE_REFUNDS,
            Right.PAY_OUT,
            Right.TAKE_OVER,
            Right.MANAGE_DESK,
        }
    ),
    Role.FINANCE: frozenset({Right.DECIDE_REFUNDS, Right.PAY_OUT}),
    Role.ADMIN: frozenset(Right),
}


def roles_with(right: Right) -> tuple[Role, ...]:
    """In the order of Role."""
    return tuple(role for role in Role if right in RIGHTS[role])


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`name` is what a person signs in with: unique, never given to anybody else, and the journal's actor.

    `limits` are own limits for refunds by currency; a currency without one has that of the role. `password_hash`
    is in the PHC string format. `totp_secret` is encrypted, None where no code is asked for; `totp_step` the last
    time step whose code was used (RFC 6238), so that none works twice.
    """

    id: str
    name: str
    display_name: str
    language: Language
    role: Role
    password_hash: str
    created_at: datetime
    updated_at: datetime
    limits: Mapping[str, Money] = field(default_factory=dict)
    active: bool = True
    totp_secret: str | None = None
    totp_step: int = 0

    @property
    def actor(self) -> str:
        """As the journal names this person."""
        return f"agent:{self.name}"

    def may(self, right: Right) -> bool:
        return self.active and right in RIGHTS.get(self.role, frozenset())

    def check(self, right: Right) -> None:
        """Raises Forbidden when the account lacks the right or is disabled."""
        if not self.may(right):
            raise Forbidden(right.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSession:
    """Somebody signed in; the token itself is never stored, only its hash. It ends at `expires_at` in any case."""

    token_hash: str
    account_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def is_account_name(name: str) -> bool:
    """2 to 32 small letters, digits, dots, dashes and underscores, beginning with a letter; no reserved one."""
    return bool(_NAME.fullmatch(name)) and name not in RESERVED_NAMES


def clean_display_name(typed: str) -> str:
    """What customers and colleagues read: 1 to 40 characters that can be seen, single spaces between words.

    Raises Invalid("display_name").
    """
    name = " ".join(unicodedata.normalize("NFC", typed).split()) if len(typed) <= _MOST_TYPED else ""
    if not 1 <= len(name) <= LONGEST_DISPLAY_NAME or not name.isprintable():
        raise Invalid("display_name")
    return name
