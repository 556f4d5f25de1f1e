"""Whether the front and what it needs are well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from aftersales.ports import Bot
from aftersales.services.context import Context
from aftersales.services.conversations import latest
from runtime.heartbeat import beat_file

_PATIENCE = 2.0
_KEPT_SECONDS = 2.0
_BEAT_SECONDS = 30.0


class Health:
    """Asks the others; their answer is kept for two seconds, because anybody may ask for it."""

    def __init__(self, context: Context, bot: Bot, *, data: Path) -> None:
        self._context = context
        self._bot = bot
        self._data = data
        self._lock = asyncio.Lock()
        self._known: dict[str, str] = {}
        self._until = 0.0

    async def look(self) -> dict[str, str]:
        """database, shop and bot: up or down; worker: up, late or unknown (it runs elsewhere or never ran).

        rules: up, or refused where a changed file of rules cannot be used and those of before go on.
        """
        async with self._lock:
            if monotonic() >= self._until:
                database, shop, bot = await asyncio.gather(
                    _state(latest(self._context, ())),
                    _state(self._context.shop.health()),
                    _state(self._bot.health()),
                )
                self._known = {"database": database, "shop": shop, "bot": bot, "worker": self._worker()}
                self._known["rules"] = "refused" if self._context.rules.troubles else "up"
                self._until = monotonic() + _KEPT_SECONDS
            return dict(self._known)

    def _worker(self) -> str:
        try:
            beaten = beat_file(self._data).stat().st_mtime
        except OSError:
            return "unknown"
        return "up" if datetime.now(UTC).timestamp() - beaten < _BEAT_SECONDS else "late"


async def _state(question: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await question
    except Exception:
        return "down"
    return "up"


def health_blueprint() -> Blueprint:
    """/health for load balancers that should leave out a front without its database, /health/live for restarts."""
    blueprint = Blueprint("health", url_prefix="/health")

    @blueprint.get("/")
    async def ready(request: Request) -> HTTPResponse:
        health: Health = request.app.ctx.health
        parts = await health.look()
        well = parts["database"] == "up"
        status = "down" if not well else "ok" if set(parts.values()) == {"up"} else "degraded"
        return json({"status": status, **parts}, status=200 if well else 503)

    @blueprint.get("/live")
    async def live(_request: Request) -> HTTPResponse:
        return json({"status": "ok"})

    return blueprint
