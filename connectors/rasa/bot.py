"""The Bot port over Rasa's HTTP server and our internal channel in it (bot/channel.py)."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from aftersales.domain.conversations import Answer, Choice, Reply, Turn
from aftersales.domain.errors import Unavailable
from aftersales.domain.handovers import HandoverReason, HandoverWish
from aftersales.domain.texts import Language

log = structlog.get_logger("returndesk.bot")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Choice(_Wire):
    title: str
    value: str


class _Reply(_Wire):
    text: str
    choices: list[_Choice]
    cards: list[dict[str, Any]]


class _Wish(_Wire):
    reason: HandoverReason
    topic: str
    vip: bool
    about: dict[str, Any]


class _Answer(_Wire):
    replies: list[_Reply]
    language: Language
    language_fixed: bool
    matter_done: bool
    wish: _Wish | None


class RasaBot:
    """`url` is the server's root, `token` the internal secret, `timeout` in seconds for a whole turn."""

    def __init__(self, *, url: str, token: str, timeout: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/webhooks/returndesk",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 3.0)),
            trust_env=False,  # the bot is inside: never through a proxy
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections; the bot cannot be asked afterwards."""
        await self._client.aclose()

    async def answer(self, turn: Turn) -> Answer:
        """Raises Unavailable for every failure: the same turn may be sent again, it is never taken twice."""
        response = await self._send("POST", "/webhook", _to_wire(turn))
        try:
            answer = _Answer.model_validate_json(response.content)
        except ValidationError as error:
            log.error("bot_answer_malformed", session=turn.session, errors=error.error_count())
            raise Unavailable("bot") from None
        return _from_wire(answer)

    async def health(self) -> None:
        """Raises Unavailable unless the server runs and has loaded a model."""
        await self._send("GET", "/health")

    async def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            response = await self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            log.warning("bot_unreachable", error=type(error).__name__)
            raise Unavailable("bot") from error
        if response.status_code == 200:
            return response
        if 400 <= response.status_code < 500:
            log.error("bot_refused_request", status=response.status_code)
        else:
            log.warning("bot_failed", status=response.status_code)
        raise Unavailable("bot")


def _to_wire(turn: Turn) -> dict[str, Any]:
    return {
        "session": turn.session,
        "message_id": turn.message_id,
        "kind": turn.kind,
        "text": turn.text,
        "language": turn.language,
        "language_fixed": turn.language_fixed,
    }


def _from_wire(answer: _Answer) -> Answer:
    return Answer(
        replies=tuple(
            Reply(
                text=reply.text,
                choices=tuple(Choice(choice.title, choice.value) for choice in reply.choices),
                cards=tuple(reply.cards),
            )
            for reply in answer.replies
        ),
        language=answer.language,
        language_fixed=answer.language_fixed,
        matter_done=answer.matter_done,
        wish=_wish(answer.wish) if answer.wish else None,
    )


def _wish(wish: _Wish) -> HandoverWish:
    return HandoverWish(wish.reason, topic=wish.topic, vip=wish.vip, about=wish.about)
