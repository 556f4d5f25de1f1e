"""Identifiers: opaque ones for machines, short dated ones for people."""

from __future__ import annotations

import secrets
import uuid
from datetime import date


def new_id() -> str:
    """32 hexadecimal digits, random (UUID 4)."""
    return uuid.uuid4().hex


def dated_number(prefix: str, day: date) -> str:
    """`prefix` + YYYYMMDD + five random digits, e.g. RT2026112104711. Uniqueness is the store's duty."""
    return f"{prefix}{day:%Y%m%d}{secrets.randbelow(100_000):05d}"
