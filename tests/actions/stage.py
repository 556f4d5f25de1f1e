"""An action on stage: real services, a tracker, and what is said: response, parameters, button payloads, wish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Events, Scene, ServiceAction
from aftersales.services.context import Context
from aftersales.services.sessions import open_session


@dataclass(frozen=True, slots=True)
class Line:
    response: str
    parameters: dict[str, Any]
    payloads: list[str]
    wish: str = ""


async def play(
    ctx: Context,
    action: ServiceAction,
    text: str,
    *,
    intent: str,
    customer_id: str | None = None,
    language: str = "zh",
    entities: dict[str, str] | None = None,
    slots: dict[str, Any] | None = None,
    busy: bool = False,
) -> tuple[list[Line], Events]:
    """What the action says to this message, and its events. `busy`: in the middle of a matter."""
    _, conversation = await open_session(ctx, channel="web", language=None, customer_id=customer_id)
    tracker = Tracker(
        f"{conversation.id}.1",
        {"language": language, **(slots or {})},
        {
            "text": text,
            "intent": {"name": intent},
            "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
            "intent_ranking": [{"name": intent, "confidence": 0.9}],
            "metadata": {"message_id": "m1"},
        },
        [],
        False,
        None,
        {"name": "matter_form"} if busy else {},
        None,
    )
    dispatcher = CollectingDispatcher()
    events = await action.act(Scene(ctx, tracker, dispatcher))
    return [_line(message) for message in dispatcher.messages], events


def _line(message: dict[str, Any]) -> Line:
    own = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
    return Line(
        response=str(message.get("response")),
        parameters={name: value for name, value in message.items() if name not in own},
        payloads=[button["payload"] for button in message.get("buttons") or ()],
        wish=((message.get("custom") or {}).get("wish") or {}).get("reason", ""),
    )
