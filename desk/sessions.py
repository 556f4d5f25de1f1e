"""Who is signed in at the desk: random ids in the memory of this process."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from aftersales.ports import Clock

LIFETIME = timedelta(hours=8)
_MOST = 200


@dataclass(frozen=True, slots=True)
class DeskSession:
    """`form_token` must come with every form (against cross-site requests)."""

    id: str
    form_token: str
    ends_at: datetime

    def owns(self, form_token: str) -> bool:
        return same(form_token, self.form_token)


class DeskSessions:
    """Ends with the process: people sign in again after a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, DeskSession] = {}

    def open(self) -> DeskSession:
        now = self._clock.now()
        kept = [session for session in self._sessions.values() if session.ends_at > now][-_MOST:]
        session = DeskSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + LIFETIME)
        self._sessions = {held.id: held for held in (*kept, session)}
        return session

    def get(self, session_id: str | None) -> DeskSession | None:
        session = self._sessions.get(session_id or "")
        return session if session is not None and session.ends_at > self._clock.now() else None

    def close(self, session_id: str) -> None:
        self._sessions.pop(session_id, None)


def same(given: str, secret: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf8", "replace"), secret.encode())
