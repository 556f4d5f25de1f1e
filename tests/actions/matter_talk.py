"""The one form as the bot drives it, without the bot: messages come understood, services and database are real."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Scene, ServiceAction
from actions.matter import FINISH, FORM, ActionMatterFinish, ValidateMatterForm
from aftersales.services.context import Context
from aftersales.services.sessions import open_session


@dataclass
class Talk:
    """A talk of a proven customer. `say` gives the names of the responses; `last` all of the last turn."""

    ctx: Context
    conversation_id: str
    language: str = "zh"
    slots: dict[str, Any] = field(default_factory=dict)
    last: list[dict[str, Any]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    async def open(cls, ctx: Context, *, customer_id: str = "c-lin", language: str = "zh") -> Talk:
        _, conversation = await open_session(ctx, channel="web", language="zh", customer_id=customer_id)
        return cls(ctx, conversation.id, language)

    @property
    def asked(self) -> str | None:
        asked: str | None = self.slots.get("requested_slot")
        return asked

    @property
    def buttons(self) -> dict[str, str]:
        """Payloads by title, of the last turn."""
        return {button["title"]: button["payload"] for said in self.last for button in said["buttons"]}

    def told(self, response: str) -> dict[str, Any]:
        """What a response of the last turn was given."""
        return next(said for said in self.last if said["response"] == response)

    async def say(
        self, text: str, intent: str = "inform", *, message_id: str | None = None, **entities: Any
    ) -> list[str]:
        """One customer message and all that the form does about it. `message_id`: the turn is run again."""
        found = [
            {"entity": name, "value": value}
            for name, values in entities.items()
            for value in (values if isinstance(values, tuple) else (values,))
        ]
        message = {
            "text": text,
            "intent": {"name": intent},
            "intent_ranking": [{"name": intent, "confidence": 0.9}],
            "entities": found,
            "metadata": {"message_id": message_id or f"m{next(self._numbers)}"},
        }
        self.last = []
        events: list[dict[str, Any]] = [{"event": "user"}]
        for _ in range(5):
            await self._act(ValidateMatterForm(), message, events)
            if self.asked is not None:
                break
            events.append({"event": "action", "name": FORM})
            followed = await self._act(ActionMatterFinish(), message, events)
            events.append({"event": "action", "name": FINISH})
            if not followed:
                break
        return [said["response"] for said in self.last if said["response"]]

    async def tap(self, title: str, **more: Any) -> list[str]:
        """Taps a button of the last turn by a part of its title."""
        payload = next(payload for name, payload in self.buttons.items() if title in name)
        intent, brace, rest = payload.removeprefix("/").partition("{")
        entities = json.loads(brace + rest) if brace else {}
        return await self.say(payload, intent, **entities, **more)

    async def _act(self, action: ServiceAction, message: dict[str, Any], events: list[dict[str, Any]]) -> bool:
        """Whether the action wants the form to be run again."""
        dispatcher = CollectingDispatcher()
        tracker = Tracker(
            sender_id=f"{self.conversation_id}.1",
            slots={"language": self.language, **self.slots},
            latest_message=message,
            events=events,
            paused=False,
            followup_action=None,
            active_loop={},
            latest_action_name=None,
        )
        done = await action.act(Scene(self.ctx, tracker, dispatcher))
        self.slots |= {event["name"]: event["value"] for event in done if event["event"] == "slot"}
        self.last += dispatcher.messages
        return any(event["event"] == "followup" for event in done)
