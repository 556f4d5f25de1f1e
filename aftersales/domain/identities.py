"""Who somebody is at an identity provider (OpenID Connect Core 1.0), and which account that is here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.accounts import RIGHTS, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a verified id_token says. People are known by issuer and subject alone (section 5.7).

    `email` is empty unless the provider has verified it. `groups` are those of the claim that the shop names.
    """

    issuer: str
    subject: str
    email: str = ""
    name: str = ""
    username: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLink:
    """Which account an identity opens. Without a subject it is an invitation for whoever proves the `email`.

    `by_groups`: the account was made for its groups, and its role follows them.
    """

    id: str
    account_id: str
    issuer: str
    subject: str | None
    email: str
    by_groups: bool
    created_at: datetime


def role_of(groups: Collection[str], roles: Mapping[str, Role]) -> Role | None:
    """The role with the most rights that one of the groups gives; None where none gives any."""
    given = [roles[group] for group in groups if group in roles]
    return max(given, key=lambda role: len(RIGHTS[role]), default=None)
