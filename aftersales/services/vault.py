"""Secrets that must be known in clear again are encrypted in the database (Fernet: AES-128-CBC with HMAC-SHA256).

The key they are encrypted under is not in the database. Each purpose has a key of its own, made from that one, so
that what was encrypted for one cannot be passed off as another's.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken


def encrypt(text: str, *, key: bytes, purpose: str) -> str:
    """Raises ValueError without a key."""
    return _fernet(key, purpose).encrypt(text.encode()).decode()


def decrypt(text: str, *, key: bytes, purpose: str) -> str:
    """Raises ValueError when the key, or the purpose, is another one."""
    try:
        return _fernet(key, purpose).decrypt(text.encode()).decode()
    except InvalidToken:
        raise ValueError("the secret was encrypted with another key") from None


def _fernet(key: bytes, purpose: str) -> Fernet:
    if not key:
        raise ValueError("secrets cannot be kept without a key")
    return Fernet(urlsafe_b64encode(hashlib.sha256(f"{purpose}:".encode() + key).digest()))
