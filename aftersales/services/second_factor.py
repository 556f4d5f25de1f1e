"""Codes of an authenticator app as second factor: TOTP (RFC 6238), six digits every 30 seconds.

The secret of a code must be known in clear to check it, so it is encrypted in the database (Fernet: AES-128-CBC
with HMAC-SHA256) under a key that is not in the database.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime

import pyotp
from cryptography.fernet import Fernet, InvalidToken

ISSUER = "ReturnDesk"
_SECONDS = 30
_STEPS = (0, -1, 1)  # a clock may be half a minute wrong (RFC 6238, section 5.2)


def new_secret(*, key: bytes) -> str:
    """A random secret of 160 bits, encrypted."""
    return _vault(key).encrypt(pyotp.random_base32().encode()).decode()


def enrolment_uri(secret: str, *, name: str, key: bytes) -> str:
    """The otpauth URI that an authenticator app takes in. Raises ValueError when the key is another one."""
    return pyotp.TOTP(_opened(secret, key)).provisioning_uri(name=name, issuer_name=ISSUER)


def used_step(secret: str, code: str, *, key: bytes, now: datetime, after: int) -> int | None:
    """The time step (since the epoch) that the code belongs to; None for a wrong, an old or a used one.

    `after` is the step of the code that was used last. Raises ValueError when the key is another one.
    """
    totp, current = pyotp.TOTP(_opened(secret, key)), int(now.timestamp()) // _SECONDS
    given = "".join(code.split())
    for step in (current + away for away in _STEPS):
        if step > after and pyotp.utils.strings_equal(given, totp.generate_otp(step)):
            return step
    return None


def _vault(key: bytes) -> Fernet:
    if not key:
        raise ValueError("the secrets of codes cannot be kept without a key")
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"totp:" + key).digest()))


def _opened(secret: str, key: bytes) -> str:
    try:
        return _vault(key).decrypt(secret.encode()).decode()
    except InvalidToken:
        raise ValueError("the secret was encrypted with another key") from None
