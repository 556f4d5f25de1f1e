"""Passwords of accounts: Argon2id (RFC 9106), in the PHC string format."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from aftersales.domain.errors import Invalid

SHORTEST, LONGEST = 12, 200
# 19 MiB, two passes, one lane: the least that OWASP's Password Storage Cheat Sheet recommends. The front answers
# customers in the same process, so that a sign-in may not take much more of a small machine.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Two at once, so that nobody can exhaust memory and processors by signing in often.
_HANDS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


def check_password(password: str) -> str:
    """The password as it is. Raises Invalid: password_too_short (12 characters), password_too_long (200)."""
    if len(password) < SHORTEST:
        raise Invalid("password_too_short")
    if len(password) > LONGEST:
        raise Invalid("password_too_long")
    return password


async def hash_password(password: str) -> str:
    """Salted anew each time."""
    return await asyncio.get_running_loop().run_in_executor(_HANDS, _HASHER.hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of this hash; None takes the same time and never matches."""
    given = password[: LONGEST + 1]
    return await asyncio.get_running_loop().run_in_executor(_HANDS, _verify, given, password_hash)


def _verify(password: str, password_hash: str | None) -> bool:
    try:
        return _HASHER.verify(password_hash or _nobodys(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """A hash whose password nobody knows."""
    return _HASHER.hash(b"\x00" * 32)
