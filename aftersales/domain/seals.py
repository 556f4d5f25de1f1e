"""The chain over the journal: each seal covers an entry and the seal before it.

Whoever changes, removes or slips in an entry would have to make all later seals anew, which takes the audit key;
the database alone does not hold it. The seals are HMAC-SHA256 (RFC 2104, FIPS 180-4), in hex.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC
from enum import StrEnum

from aftersales.domain.journal import Entry

NO_SEAL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """`position` counts from 1 without gaps; `entry_id` is the sealed entry's row."""

    position: int
    entry_id: int
    seal: str


class FaultKind(StrEnum):
    CHANGED = "changed"  # the entry, or its seal, is not what it was
    REMOVED = "removed"  # there is a seal, but no entry
    GAP = "gap"  # seals are missing from the chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    kind: FaultKind
    position: int
    entry_id: int


def make_seal(key: bytes, *, position: int, before: str, entry_id: int, entry: Entry) -> str:
    """`before` is the seal at the position before this one, NO_SEAL at the first. Raises ValueError for no key."""
    if not key:
        raise ValueError("the journal cannot be sealed without a key")
    told = asdict(entry) | {"at": entry.at.astimezone(UTC).isoformat(timespec="microseconds")}
    covered = json.dumps([position, before, entry_id, told], sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, covered.encode("ascii"), "sha256").hex()


def find_fault(key: bytes, seal: Seal, entry: Entry | None, *, last: Seal | None) -> Fault | None:
    """What is wrong with a seal that follows `last`, which itself may be wrong: each fault is told once."""
    position, before = (last.position, last.seal) if last else (0, NO_SEAL)
    if seal.position != position + 1:
        return Fault(kind=FaultKind.GAP, position=position + 1, entry_id=seal.entry_id)
    if entry is None:
        return Fault(kind=FaultKind.REMOVED, position=seal.position, entry_id=seal.entry_id)
    right = make_seal(key, position=seal.position, before=before, entry_id=seal.entry_id, entry=entry)
    if not hmac.compare_digest(right, seal.seal):
        return Fault(kind=FaultKind.CHANGED, position=seal.position, entry_id=seal.entry_id)
    return None
