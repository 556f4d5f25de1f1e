"""What all actions share: the services at hand, and errors told in the customer's language."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.said import conversation_id, language_of, read_said
from aftersales.domain.errors import AftersalesError
from aftersales.domain.handovers import HandoverReason
from aftersales.domain.texts import Language
from aftersales.services.context import Context
from aftersales.services.remembering import remembering
from runtime.current import current

log = structlog.get_logger()

Events = list[dict[str, Any]]


def inform(kind: str, value: str) -> str:
    """The payload of a button."""
    return f'/inform{{"choice":"{kind}:{value}"}}'


@dataclass(frozen=True, slots=True)
class Scene:
    """One call of an action: the services, the tracker, and where to say things.

    `known` is what this call has found out already and need not ask for again.
    """

    ctx: Context
    tracker: Tracker
    dispatcher: CollectingDispatcher
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def conversation_id(self) -> str:
        return conversation_id(self.tracker)

    @property
    def language(self) -> Language:
        language: Language = language_of(self.tracker)
        return language

    @property
    def said(self) -> Any:
        return read_said(self.tracker)

    @property
    def message_id(self) -> str:
        """The id of the customer message of this turn; the same when a turn is run again."""
        metadata = (self.tracker.latest_message or {}).get("metadata") or {}
        return str(metadata.get("message_id") or self.tracker.sender_id)

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def after(self, slots: Mapping[str, Any]) -> Scene:
        """The same call once these slots have changed."""
        tracker = copy(self.tracker)
        tracker.slots = {**self.tracker.slots, **slots}
        return replace(self, tracker=tracker)

    def say(
        self,
        response: str,
        parameters: Mapping[str, str] | None = None,
        *,
        cards: list[dict[str, Any]] | None = None,
        buttons: list[dict[str, str]] | None = None,
    ) -> None:
        """Says a response by name. Buttons come after those of the response itself."""
        custom = {"cards": cards} if cards else None
        self.dispatcher.utter_message(
            response=response, buttons=buttons, json_message=custom, **(parameters or {})
        )

    def finish_matter(self) -> None:
        """Tells the front that the matter at hand is done: the next message begins a new bot session."""
        self.dispatcher.utter_message(json_message={"matter_done": True})

    def want_person(self, reason: HandoverReason, *, topic: str, vip: bool, about: Mapping[str, Any]) -> None:
        """Tells the front that a person shall take over: nothing else of this turn is said then."""
        wish = {"reason": reason.value, "topic": topic, "vip": vip, "about": dict(about)}
        self.dispatcher.utter_message(json_message={"wish": wish})

    def title(self, response: str) -> str:
        """The words of a response alone, for a button."""
        return self.ctx.texts.render(response, self.language)


class Question:
    """What the form asks for a slot that needs the services or the customer's orders to be asked.

    The form's validation asks it in the same call; a slot without one is asked for by `utter_ask_<slot>`.
    """

    slot: ClassVar[str] = ""

    async def ask(self, scene: Scene) -> Events:
        raise NotImplementedError


class ServiceAction(Action):  # type: ignore[misc]
    """An action over the services. Subclasses say their name and what they do on stage."""

    action_name: ClassVar[str] = ""

    def name(self) -> str:
        return self.action_name or "action_unnamed"

    async def act(self, scene: Scene) -> Events:
        raise NotImplementedError

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        context = current().context
        scene = Scene(replace(context, shop=remembering(context.shop)), tracker, dispatcher)
        return await refusals_told(self.act, scene, doing=self.action_name)


async def refusals_told(deed: Callable[[Scene], Awaitable[Events]], scene: Scene, *, doing: str) -> Events:
    """The events of a deed; where the services refuse it, the customer is told why, and nothing changes."""
    try:
        return await deed(scene)
    except AftersalesError as error:
        log.warning("action refused", action=doing, code=error.code)
        scene.say(f"utter_error_{error.code}")
        return []
