"""Calls of the action server without what makes them slow in Rasa 3.6.21.

Rasa opens a connection for each call, sends the whole session with it, and checks the answer against a JSON
schema that it checks first: together most of the time of a turn that runs an action. Here the connection is kept,
the call holds what our actions look at (slots, the latest message, what happened since bot/memory.py shortened the
session), the answer is checked for the shape that the schema describes by plain code, and the class of an event is
looked up instead of being searched for among all classes. Measured by `make bench` and
benchmarks/action_validation.py.
"""

from functools import cache
from typing import Any

import aiohttp
import rasa
import ujson
from jsonschema.exceptions import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import DEFAULT_REQUEST_TIMEOUT, EndpointConfig

LIKELIEST = 10  # of what a message may mean


def action_call(action: RemoteAction, tracker: DialogueStateTracker, _domain: Domain) -> dict[str, Any]:
    """The body of a call: Rasa's own without the domain, and with short accounts of the events."""
    return {
        "next_action": action.name(),
        "sender_id": tracker.sender_id,
        "version": rasa.__version__,
        "tracker": {
            "sender_id": tracker.sender_id,
            "slots": tracker.current_slot_values(),
            "latest_message": _understood(tracker),
            "latest_action_name": tracker.latest_action_name,
            "active_loop": {"name": tracker.active_loop_name} if tracker.active_loop_name else {},
            "followup_action": tracker.followup_action,
            "paused": tracker.is_paused(),
            "events": [_told(event) for event in tracker.events],
        },
    }


def _understood(tracker: DialogueStateTracker) -> dict[str, Any]:
    data: dict[str, Any] = tracker._latest_message_data()
    return {**data, "intent_ranking": (data.get("intent_ranking") or [])[:LIKELIEST]}


def _told(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {"event": event.type_name}
    if isinstance(event, UserUttered):  # what it was understood as is told of the latest message alone
        told |= {"text": event.text, "metadata": {"message_id": event.message_id}}
    elif isinstance(event, BotUttered):
        told |= {"text": event.text, "data": {"buttons": event.data.get("buttons")}}
    elif isinstance(event, SlotSet):
        told |= {"name": event.key, "value": event.value}
    elif isinstance(event, ActionExecuted):
        told |= {"name": event.action_name}
    return told


def validate_action_result(_action: RemoteAction, result: Any) -> bool:
    """True for a well-formed answer; raises jsonschema.ValidationError for another, as Rasa's method does."""
    if not isinstance(result, dict):
        raise _malformed("no object")
    for event in _objects(result, "events"):
        if not isinstance(event.get("event"), str):
            raise _malformed("an event without its type")
    for response in _objects(result, "responses"):
        if not isinstance(response.get("buttons") or [], list):
            raise _malformed("buttons that are no list")
    return True


def _objects(result: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = result.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _malformed(f"{name} that are no list of objects")
    return found


def _malformed(what: str) -> ValidationError:
    return ValidationError(f"{what}: the action server's answer is not what Rasa expects")


@cache
def _event_types() -> dict[str, type[Event]]:
    types: dict[str, type[Event]] = {}
    for found in all_subclasses(Event):
        types.setdefault(found.type_name, found)
    return types


def event_type(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    """The class of events of this name, or `default`. Raises ValueError where there is neither."""
    found = _event_types().get(type_name, default)
    if found is None:
        raise ValueError(f"Unknown event name '{type_name}'.")
    return found


class _KeptSession:
    """Rasa opens a session of its HTTP client for every call and closes it: this one stays open."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(self, *_error: object) -> None:
        """Stays open for the next call."""


def kept_session(endpoint: EndpointConfig) -> _KeptSession:
    """The session of this endpoint, opened at its first call, in the event loop that goes on using it."""
    session: aiohttp.ClientSession | None = getattr(endpoint, "kept_session", None)
    if session is None or session.closed:
        session = aiohttp.ClientSession(
            headers=endpoint.headers,
            timeout=aiohttp.ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT),
            json_serialize=ujson.dumps,
        )
        endpoint.kept_session = session
    return _KeptSession(session)


def install() -> None:
    """Replaces Rasa's own ways. Harmless when done twice."""
    RemoteAction._action_call_format = action_call
    RemoteAction._validate_action_result = validate_action_result
    EndpointConfig.session = kept_session
    Event.resolve_by_type = staticmethod(event_type)
