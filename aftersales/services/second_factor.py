"""Codes of an authenticator app as second factor: TOTP (RFC 6238), six digits every 30 seconds.

The secret of a code must be known in clear to check it, so it is encrypted in the database, see services.vault.
"""

from __future__ import annotations

from datetime import datetime

import pyotp

from aftersales.services.vault import decrypt, encrypt

ISSUER = "ReturnDesk"
_PURPOSE = "totp"
_SECONDS = 30
_STEPS = (0, -1, 1)  # a clock may be half a minute wrong (RFC 6238, section 5.2)


def new_secret(*, key: bytes) -> str:
    """A random secret of 160 bits, encrypted."""
    return encrypt(pyotp.random_base32(), key=key, purpose=_PURPOSE)


def enrolment_uri(secret: str, *, name: str, key: bytes) -> str:
    """The otpauth URI that an authenticator app takes in. Raises ValueError when the key is another one."""
    return pyotp.TOTP(decrypt(secret, key=key, purpose=_PURPOSE)).provisioning_uri(name=name, issuer_name=ISSUER)


def used_step(secret: str, code: str, *, key: bytes, now: datetime, after: int) -> int | None:
    """The time step (since the epoch) that the code belongs to; None for a wrong, an old or a used one.

    `after` is the step of the code that was used last. Raises ValueError when the key is another one.
    """
    totp, current = pyotp.TOTP(decrypt(secret, key=key, purpose=_PURPOSE)), int(now.timestamp()) // _SECONDS
    given = "".join(code.split())
    for step in (current + away for away in _STEPS):
        if step > after and pyotp.utils.strings_equal(given, totp.generate_otp(step)):
            return step
    return None
