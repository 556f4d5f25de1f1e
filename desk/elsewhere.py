"""The shop's identity provider as the desk knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aftersales.domain.accounts import Role
from aftersales.ports import IdentityProvider
from runtime.buckets import Buckets


@dataclass(frozen=True)
class SignInElsewhere:
    """`label` is what the button says; `roles` (group -> role) are those that an account is made for.

    `issuer` is compared with the one that an answer names (RFC 9207). `tries` are counted per address.
    """

    provider: IdentityProvider
    issuer: str
    label: str
    roles: Mapping[str, Role]
    tries: Buckets = field(default_factory=lambda: Buckets(20, seconds=60))
