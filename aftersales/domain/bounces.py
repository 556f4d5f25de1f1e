"""Mail addresses that mails came back from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BounceKind(StrEnum):
    """HARD: the address takes no mail. SOFT: it did not take this one, as when the mailbox is full."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """How often mails to an address came back, when last, and whether it is given up.

    Once HARD it stays so until it is cleared; the address itself is not kept, see `address_hash`.
    """

    address_hash: str
    kind: BounceKind
    count: int
    at: datetime


def address_hash(address: str) -> str:
    """SHA-256 in hex; the same for an address in capitals, so that one who has changed it is written to again."""
    return hashlib.sha256(f"mail:{address.strip().lower()}".encode("utf8", "replace")).hexdigest()
