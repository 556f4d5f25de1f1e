"""Customers in Bell, an app that does not exist: a whole connector, as docs/connectors/your-own.md explains it."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field, ValidationError
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty

from aftersales.domain import channels
from aftersales.domain.channels import Grant, Manners, Picture, Push, PushKind, Refusal, Sender, Sent, Words
from aftersales.domain.errors import Invalid, OutcomeUnknown, Unavailable
from aftersales.services.channel_inbox import note_pushes
from aftersales.services.context import Context
from connectors.web.bodies import JSON_LIMIT, parse_object, read_body
from connectors.web.problems import Problem


class Said(BaseModel):
    id: Annotated[str, Field(max_length=128, pattern="^[!-~]+$")]
    customer: Annotated[str, Field(max_length=128, pattern="^[!-~]+$")]
    text: Annotated[str, Field(max_length=10_000)]
    at: Annotated[int, Field(ge=0, le=253_402_300_799)]


@dataclass(frozen=True)
class BellCalls:
    context: Context
    secret: str


def bell_blueprint() -> Blueprint:
    blueprint = Blueprint("bell", url_prefix="/connect/bell")
    add: Any = blueprint.add_route
    add(_note, "/", methods=["POST"], stream=True, name="note")
    return blueprint


async def _note(request: Request) -> HTTPResponse:
    """Checked, kept, acknowledged; nothing that takes time."""
    calls: BellCalls = request.app.ctx.bell_calls
    body = await read_body(request, limit=JSON_LIMIT)
    genuine = hmac.new(calls.secret.encode(), body, sha256).hexdigest().encode()
    if not hmac.compare_digest(request.headers.get("x-bell-signature", "").encode("utf8", "replace"), genuine):
        raise Problem("unauthorized")
    try:
        said = Said.model_validate(parse_object(body))
    except ValidationError:
        raise Problem("bad_request") from None
    sender = Sender("bell", "shop", said.customer)
    at, grant = datetime.fromtimestamp(said.at, UTC), Grant(3, timedelta(hours=24))
    push = Push(sender=sender, key=said.id, kind=PushKind.TEXT, sent_at=at, body={"text": said.text}, grant=grant)
    await note_pushes(calls.context, [push])
    return empty()


class BellChannel:
    """Words alone; Bell knows a message by its key, so that the same one again does not arrive twice."""

    manners = Manners(
        longest_text=1000, most_options=0, longest_head=0, longest_title=0, pictures=False, limited=True
    )

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, to: Sender, item: Words | Picture, *, key: str, code: str = "") -> Sent:
        if isinstance(item, Picture):
            return Sent(refusal=Refusal.REFUSED)
        try:
            answer = await self._client.post("/messages", json={"to": to.id, "text": item.text, "key": key})
        except httpx.ConnectError as error:
            raise Unavailable(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise OutcomeUnknown(type(error).__name__) from None
        if answer.status_code >= 500:
            raise OutcomeUnknown(f"status {answer.status_code}")
        return Sent(reference=key) if answer.is_success else Sent(refusal=Refusal.REFUSED)

    async def notify(self, to: Sender, notice: channels.Notice, *, key: str) -> Sent:
        return Sent(refusal=Refusal.NO_FORM)

    async def show_typing(self, to: Sender) -> None:
        return

    async def fetch(self, account: str, media: str) -> channels.Download:
        raise Invalid("file_gone")

    async def pull(self, account: str, *, cursor: str, token: str) -> channels.Pulled:
        return channels.Pulled((), cursor, more=False)
