"""The tracker store: of each session one row, with what its next turn needs.

Rasa's own SQL store keeps a row per event and reads, checks and replays all of them on every turn: most of what a
turn cost. Here a session is one row, and the tracker of a recent session stays in memory. A row carries a version:
a tracker in memory counts only while the version is the row's, and saving fails where another process was faster.
"""

import time
from typing import Any

import sqlalchemy as sa
import ujson
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

LIVE = 200
KEPT_SECONDS = 90 * 24 * 3600

_metadata = sa.MetaData()
_sessions = sa.Table(
    "bot_sessions",
    _metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("saved_at", sa.Integer, nullable=False, index=True),  # seconds since 1970, UTC
    sa.Column("events", sa.Text, nullable=False),  # a JSON list
)

_OURS = _sessions.c.id == sa.bindparam("session")
_VERSION = sa.select(_sessions.c.version).where(_OURS)
_ROW = sa.select(_sessions.c.version, _sessions.c.events).where(_OURS)
_UPDATE = sa.update(_sessions).where(_OURS, _sessions.c.version == sa.bindparam("seen"))
_INSERT = sa.insert(_sessions)


def _engine(url: str) -> sa.engine.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    # Kept open: closing the last connection of a WAL file writes all of the log back.
    engine = sa.create_engine(url, poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class SavedElsewhereError(Exception):
    """Another process has taken a turn of this session meanwhile; nothing was saved."""


class SessionStore(TrackerStore):
    """Endpoint configuration: `type: bot.sessions.SessionStore`, `url`: a SQLAlchemy URL of SQLite or PostgreSQL.

    The caller holds the session's lock from `retrieve` to `save`. Sessions that nobody has come back to for 90
    days are deleted at the start.
    """

    def __init__(self, domain: Domain, host: str, event_broker: EventBroker | None = None, **_kwargs: Any) -> None:
        super().__init__(domain, event_broker)
        self._engine = _engine(host)
        _metadata.create_all(self._engine)
        self._live: dict[str, DialogueStateTracker] = {}
        self._forget(before=int(time.time()) - KEPT_SECONDS)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """A tracker that was handed out and not saved is not handed out again: its turn may have failed midway."""
        live = self._live.pop(sender_id, None)
        with self._engine.connect() as connection:
            if (
                live is not None
                and connection.execute(_VERSION, {"session": sender_id}).scalar() == live.saved_version
            ):
                return live
            row = connection.execute(_ROW, {"session": sender_id}).first()
        if row is None:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, ujson.loads(row.events), self.domain.slots)
        tracker.saved_version = row.version
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Raises SavedElsewhereError, or sqlalchemy.exc.IntegrityError for a session that is new in two places."""
        if not tracker.events:  # Rasa saves a new tracker before it has anything in it
            return
        seen = getattr(tracker, "saved_version", 0)
        values = {
            "version": seen + 1,
            "saved_at": int(time.time()),
            "events": ujson.dumps([event.as_dict() for event in tracker.events], ensure_ascii=False),
        }
        with self._engine.begin() as connection:
            if seen:
                saved = connection.execute(_UPDATE, {"session": tracker.sender_id, "seen": seen, **values})
                if saved.rowcount != 1:
                    raise SavedElsewhereError(tracker.sender_id)
            else:
                connection.execute(_INSERT, {"id": tracker.sender_id, **values})
        tracker.saved_version = seen + 1
        self._live[tracker.sender_id] = tracker
        if len(self._live) > LIVE:
            del self._live[next(iter(self._live))]

    async def keys(self) -> list[str]:
        with self._engine.connect() as connection:
            return [row.id for row in connection.execute(sa.select(_sessions.c.id))]

    def _forget(self, *, before: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_sessions).where(_sessions.c.saved_at < before))
