"""Runs in the bot's environment: puts a session store through what tests/bot/test_sessions.py asks about.

Takes the URL of an empty database; prints one JSON object of findings.
"""

import asyncio
import json
import sys
from typing import Any

import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import sessions
from bot.memory import shorten
from bot.sessions import SavedElsewhereError, SessionStore

DOMAIN = Domain.from_dict(
    {
        "intents": ["greet"],
        "slots": {
            name: {"type": "any", "mappings": [{"type": "custom"}]}
            for name in ("order", "reason", "requested_slot")
        },
        "forms": {"matter_form": {"required_slots": []}},
    }
)


async def main(url: str) -> dict[str, Any]:
    store, other = SessionStore(DOMAIN, url), SessionStore(DOMAIN, url)
    found: dict[str, Any] = {}
    new = await store.get_or_create_tracker("s", append_action_listen=False)
    found["rows_of_an_empty_session"] = await store.keys()
    take_turn(new, 1)
    await store.save(new)
    again = await store.retrieve("s")
    found["the_same_tracker"] = again is new
    take_turn(again, 2)  # fails: it is not saved
    found["texts_after_a_failed_turn"] = texts(await store.retrieve("s"))
    elsewhere = await other.retrieve("s")
    take_turn(elsewhere, 3)
    here = await store.retrieve("s")
    await other.save(elsewhere)
    take_turn(here, 4)
    found["refused"] = await refusal(store, here)
    found["texts_after_two_at_once"] = texts(await store.retrieve("s"))
    found["unknown"] = await store.retrieve("nobody")
    found["long"] = long_talk()
    with store._engine.begin() as connection:
        connection.execute(sa.update(sessions._sessions).values(saved_at=0))
    found["after_ninety_days"] = await SessionStore(DOMAIN, url).keys()
    return found


async def refusal(store: SessionStore, tracker: DialogueStateTracker) -> str:
    try:
        await store.save(tracker)
    except SavedElsewhereError as error:
        return type(error).__name__
    return "saved"


def long_talk() -> dict[str, Any]:
    """The state after twenty turns that were shortened each time, live and as replayed from what was kept."""
    live = DialogueStateTracker("long", DOMAIN.slots)
    lengths = []
    for number in range(20):
        shorten(live)
        take_turn(live, number)
        lengths.append(len(live.events))
    replayed = DialogueStateTracker.from_dict("long", [event.as_dict() for event in live.events], DOMAIN.slots)
    return {"lengths": lengths[2:], "live": state(live), "replayed": state(replayed)}


def take_turn(tracker: DialogueStateTracker, number: int) -> None:
    tracker.update(UserUttered(f"text {number}", intent={"name": "greet"}), DOMAIN)
    tracker.update(ActionExecuted("matter_form"), DOMAIN)
    if number % 7 == 0:
        tracker.update(ActiveLoop("matter_form"), DOMAIN)
        tracker.update(SlotSet("order", f"RD{number}"), DOMAIN)
    tracker.update(SlotSet("reason", None if number % 3 else f"reason {number}"), DOMAIN)
    tracker.update(ActionExecuted("action_listen"), DOMAIN)


def state(tracker: DialogueStateTracker) -> dict[str, Any]:
    kept = tracker.current_state()
    kept["texts"] = texts(tracker)[-2:]
    del kept["active_loop"]["trigger_message"]  # Rasa itself makes no use of it
    return {name: kept[name] for name in ("slots", "active_loop", "latest_action_name", "paused", "texts")}


def texts(tracker: DialogueStateTracker) -> list[str]:
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1])), default=str))
