"""Who is signed in at the desk, as the pages see it; the sessions themselves are kept by services.sign_in."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from aftersales.domain.accounts import Account


@dataclass(frozen=True, slots=True)
class DeskSession:
    """`form_token` must come with every form (against cross-site requests); it follows from the session."""

    token: str
    account: Account

    @property
    def form_token(self) -> str:
        return hashlib.sha256(f"form:{self.token}".encode("utf8", "replace")).hexdigest()

    def owns(self, form_token: str) -> bool:
        return same(form_token, self.form_token)


def same(given: str, secret: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf8", "replace"), secret.encode())
