"""The only way into the bot: the front's internal channel."""

import gc
import hmac
import json
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot import (
    failed_actions,
    fast_actions,
    fast_domain,
    fast_graph,
    fast_logs,
    fast_rules,
    fast_slots,
    fast_trackers,
    quiet_logs,
)
from bot.failed_actions import TurnFailed
from bot.turns import take_turn
from bot.wire import BadTurnError, read_turn

logger = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
GARBAGE_THRESHOLD = 20_000  # new objects between two looks; CPython's 700 are made many times in one turn
TOKEN_VARIABLE = "RETURNDESK_INTERNAL_SECRET"  # noqa: S105 (a name, not a secret)

fast_actions.install()
fast_domain.install()
fast_graph.install()
fast_logs.install()
fast_rules.install()
fast_slots.install()
fast_trackers.install()
failed_actions.install()


class ReturnDeskChannel(InputChannel):
    """POST webhook: a turn in, its answer out; GET health. The token is the secret shared with the front."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    @classmethod
    def name(cls) -> str:
        return "returndesk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "ReturnDeskChannel":
        """Raises RasaException, which ends the start, when there is no token."""
        token = (credentials or {}).get("token") or os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise RasaException(
                f"The internal channel has no token: set it in the credentials or {TOKEN_VARIABLE}."
            )
        quiet_logs.install()  # not at import: Rasa's command line sets its own logging up first
        return cls(str(token))

    def blueprint(self, _on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Rasa's own handler is not used: it can neither return the answer nor leave a failed turn unsaved."""
        blueprint = Blueprint("returndesk_channel")
        blueprint.listener("after_server_start")(_trust_only_the_tracker_store)
        blueprint.listener("after_server_start")(_spare_what_stays)

        @blueprint.get("/health")
        async def health(request: Request) -> HTTPResponse:
            return self._health(request)

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._webhook(request)

        return blueprint

    def _health(self, request: Request) -> HTTPResponse:
        agent = _agent(request.app)
        if agent is None:
            return _problem(503, "no model is loaded")
        return json_response({"status": "ok", "model": agent.processor.model_filename})

    async def _webhook(self, request: Request) -> HTTPResponse:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._expected):
            return _problem(401, "the bearer token is wrong")
        agent = _agent(request.app)
        if agent is None:
            return _problem(503, "no model is loaded")
        if len(request.body) > BODY_LIMIT:
            return _problem(413, f"the body is larger than {BODY_LIMIT} bytes")
        try:
            turn = read_turn(json.loads(request.body))
        except BadTurnError as error:
            return _problem(400, str(error))
        except ValueError:
            return _problem(400, "the body is not JSON")
        try:
            return json_response(await take_turn(agent, turn))
        except TurnFailed as failure:
            logger.error("turn not taken: session %s, action %s, %s", turn.session, failure.action, failure.cause)
        except Exception as error:
            quiet_logs.log_failure(logger, f"turn not taken: session {turn.session}", error)
        return _problem(503, "the turn could not be taken; nothing of it was kept")


def _agent(app: Sanic) -> Agent | None:
    agent: Agent | None = getattr(app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


async def _trust_only_the_tracker_store(app: Sanic, _loop: Any) -> None:
    """Lets errors of the tracker store through; Rasa would go on with an empty tracker kept in memory."""
    agent = _agent(app)
    if agent is not None:
        agent.tracker_store._on_tracker_store_error = _raise


async def _spare_what_stays(_app: Sanic, _loop: Any) -> None:
    """The model's objects are not looked through for garbage again; a turn alone makes thousands of others."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)


def _raise(error: Exception) -> None:
    raise error


def _problem(status: int, detail: str) -> HTTPResponse:
    body = {"type": "about:blank", "status": status, "detail": detail}
    return json_response(body, status=status, content_type="application/problem+json")
