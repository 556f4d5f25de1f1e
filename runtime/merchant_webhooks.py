"""The merchant API's webhooks: endpoints are made, tried out, switched, and what they were told is looked at."""

from __future__ import annotations

import json as jsonlib
import re
from datetime import datetime
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from aftersales.domain.api_keys import Scope
from aftersales.domain.ids import new_id
from aftersales.domain.webhooks import PING, DeliveryState, Endpoint, WebhookDelivery
from aftersales.services import webhooks
from aftersales.services.webhooks import Told
from connectors.web.payloads import instant
from connectors.web.problems import Problem
from runtime.merchant_access import Caller, Deed, body_of, does, reads
from runtime.merchant_lists import instant_of, limit_of, name_of, query_of

_ID = "/webhooks/<endpoint_id:str>"
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def webhooks_blueprint(*, local: bool) -> Blueprint:
    """The routes; they find their Merchant at `app.ctx.merchant`. `local`: http to this machine is allowed."""
    blueprint = Blueprint("merchant_webhooks", url_prefix="/api/merchant")
    add: Any = blueprint.add_route

    async def make(caller: Caller, request: Request) -> dict[str, Any]:
        body = body_of(request)
        url, events = body.get("url"), body.get("events", [])
        if not isinstance(url, str) or not isinstance(events, list) or not all(isinstance(e, str) for e in events):
            raise Problem("bad_request")
        told = await webhooks.add_endpoint(
            caller.context, url=url, events=events, key=caller.vault, local=local, by=caller.by
        )
        return told_json(told)

    def deed(path: str, handler: Deed, *, status: int = 200, method: str = "POST") -> None:
        add(does(handler, Scope.WEBHOOKS_MANAGE, status=status), path, methods=[method], stream=True)

    add(reads(_list, Scope.WEBHOOKS_MANAGE), "/webhooks", methods=["GET"])
    add(reads(_get, Scope.WEBHOOKS_MANAGE), _ID, methods=["GET"])
    add(reads(_deliveries, Scope.WEBHOOKS_MANAGE), f"{_ID}/deliveries", methods=["GET"])
    deed("/webhooks", make, status=201)
    deed(_ID, _remove, method="DELETE")
    deed(f"{_ID}/enable", _enable)
    deed(f"{_ID}/disable", _disable)
    deed(f"{_ID}/rotate", _rotate)
    deed(f"{_ID}/ping", _ping, status=202)
    deed(f"{_ID}/replay", _replay, status=202)
    return blueprint


async def _list(caller: Caller, request: Request) -> HTTPResponse:
    return json({"webhooks": [endpoint_json(one) for one in await webhooks.all_endpoints(caller.context)]})


async def _get(caller: Caller, request: Request, endpoint_id: str) -> HTTPResponse:
    return json(endpoint_json(await webhooks.read_endpoint(caller.context, endpoint_id=name_of(endpoint_id))))


async def _deliveries(caller: Caller, request: Request, endpoint_id: str) -> HTTPResponse:
    query, limit = query_of(request), limit_of(request)
    after, state = query.get("after"), query.get("state")
    if after is not None and not _NUMBER.fullmatch(after):
        raise Problem("bad_request")
    try:
        wanted = None if state is None else DeliveryState(state)
    except ValueError:
        raise Problem("bad_request") from None
    found = await webhooks.deliveries(
        caller.context,
        endpoint_id=name_of(endpoint_id),
        before=None if after is None else int(after),
        state=wanted,
        limit=limit + 1,
    )
    following = str(found[limit - 1].id) if len(found) > limit else None
    return json({"deliveries": [delivery_json(one) for one in found[:limit]], "next": following})


async def _remove(caller: Caller, request: Request, endpoint_id: str) -> dict[str, Any]:
    name = name_of(endpoint_id)
    return endpoint_json(await webhooks.remove_endpoint(caller.context, endpoint_id=name, by=caller.by))


async def _enable(caller: Caller, request: Request, endpoint_id: str) -> dict[str, Any]:
    name = name_of(endpoint_id)
    return endpoint_json(await webhooks.switch_endpoint(caller.context, endpoint_id=name, on=True, by=caller.by))


async def _disable(caller: Caller, request: Request, endpoint_id: str) -> dict[str, Any]:
    name = name_of(endpoint_id)
    return endpoint_json(await webhooks.switch_endpoint(caller.context, endpoint_id=name, on=False, by=caller.by))


async def _rotate(caller: Caller, request: Request, endpoint_id: str) -> dict[str, Any]:
    name = name_of(endpoint_id)
    return told_json(
        await webhooks.rotate_secret(caller.context, endpoint_id=name, key=caller.vault, by=caller.by)
    )


async def _ping(caller: Caller, request: Request, endpoint_id: str) -> dict[str, Any]:
    event_id = f"ping_{new_id()}"
    event = {"id": event_id, "type": PING, "created_at": instant(caller.context.clock.now())}
    await webhooks.ping(
        caller.context, endpoint_id=name_of(endpoint_id), event_id=event_id, body=jsonlib.dumps(event)
    )
    return event


async def _replay(caller: Caller, request: Request, endpoint_id: str) -> dict[str, Any]:
    since = instant_of(request, "since")
    if since is None:
        raise Problem("bad_request")
    name = name_of(endpoint_id)
    return endpoint_json(await webhooks.replay(caller.context, endpoint_id=name, since=since, by=caller.by))


def endpoint_json(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "active": endpoint.off is None,
        "off": endpoint.off.value if endpoint.off else None,
        "failing_since": _moment(endpoint.failing_since),
        "created_at": instant(endpoint.created_at),
    }


def told_json(told: Told) -> dict[str, Any]:
    """With the secret, which is shown this once."""
    return {**endpoint_json(told.endpoint), "secret": told.secret}


def delivery_json(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "event_id": delivery.event_id,
        "type": delivery.type,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "failure": delivery.failure,
        "due_at": instant(delivery.due_at) if delivery.state is DeliveryState.WAITING else None,
        "created_at": instant(delivery.created_at),
        "settled_at": _moment(delivery.settled_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
