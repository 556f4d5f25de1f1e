"""One turn in Rasa: begun, run to its end and saved as a whole, or not at all; and never run twice."""

from collections.abc import Collection, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.memory import shorten
from bot.wire import Payload, Turn, payload_of, spoken_text, to_reply

CLARIFY = "action_session_clarify"


class _Silent(OutputChannel):
    """Says nothing by itself: the answer is read from the tracker, so that it can be given again word for word."""

    @classmethod
    def name(cls) -> str:
        return "returndesk"

    async def send_response(self, _recipient_id: str, _message: dict[str, Any]) -> None:
        """Everything that was said is in the tracker already."""


async def take_turn(agent: Agent, turn: Turn) -> dict[str, Any]:
    """The answer as JSON; a message id that the session has met before gets its first answer again.

    Holds the session's lock. The tracker is saved once, at the end. Raises TurnFailed and whatever the tracker
    store, the lock store or a component raises: nothing of the turn is kept then.
    """
    async with agent.lock_store.lock(turn.session):
        processor = agent.processor
        tracker = await processor.fetch_tracker_and_update_session(turn.session, _Silent(), turn.metadata)
        if not _events_of(turn.message_id, tracker.events):
            await _run(processor, tracker, turn)
    return read_answer(tracker.events, turn)


async def _run(processor: MessageProcessor, tracker: DialogueStateTracker, turn: Turn) -> None:
    """What MessageProcessor.handle_message does, on a tracker that is at hand already."""
    output = _Silent()
    shorten(tracker)
    for slot, value in (("language", turn.language), ("language_fixed", turn.language_fixed)):
        if slot in tracker.slots and tracker.get_slot(slot) != value:
            tracker.update(SlotSet(slot, value), processor.domain)
    message = _message(turn, output, intents=processor.domain.intents, told=talk_so_far(tracker))
    await processor._handle_message_with_tracker(message, tracker)
    tracker = await processor.run_action_extract_slots(output, tracker)
    await processor._run_prediction_loop(output, tracker)
    await processor.save_tracker(tracker)


def _message(turn: Turn, output: OutputChannel, *, intents: Collection[str], told: dict[str, Any]) -> UserMessage:
    payload = payload_of(turn)
    if payload and payload.intent not in intents:  # offered by an earlier model
        payload = Payload("nlu_fallback")
    return UserMessage(
        payload.text if payload else spoken_text(turn.text),
        output,
        turn.session,
        parse_data=payload.parse_data if payload else None,
        input_channel=output.name(),
        message_id=turn.message_id,
        metadata=turn.metadata | told,
    )


def talk_so_far(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What the decision about a message has to know: the slot just asked for, and fruitless questions in a row."""
    asked = tracker.get_slot("requested_slot") if tracker.active_loop_name else None
    return {"asked": asked, "misses": _clarified_in_a_row(tracker.events)}


def _clarified_in_a_row(events: Sequence[Event]) -> int:
    misses, clarified = 0, False
    for event in reversed(events):
        if isinstance(event, ActionExecuted) and event.action_name == CLARIFY:
            clarified = True
        elif _is_message(event):
            if not clarified:
                break
            misses, clarified = misses + 1, False
    return misses


def read_answer(events: Sequence[Event], turn: Turn) -> dict[str, Any]:
    """What was said to this message, and the language that the session had settled on when it was said."""
    turn_events = _events_of(turn.message_id, events)
    said = [{**event.data, "text": event.text} for event in turn_events if isinstance(event, BotUttered)]
    slots = _slots_after(turn.message_id, events)
    customs = [one.get("custom") or {} for one in said]
    return {
        "replies": [reply for reply in map(to_reply, said) if reply],
        "language": slots.get("language") or turn.language,
        "language_fixed": bool(slots.get("language_fixed", turn.language_fixed)),
        "matter_done": any(one.get("matter_done") is True for one in customs),
        "wish": next((one["wish"] for one in customs if "wish" in one), None),
    }


def _events_of(message_id: str, events: Sequence[Event]) -> list[Event]:
    """The message and all that followed up to the next one; empty when the session has not met it."""
    found: list[Event] = []
    for event in events:
        if isinstance(event, UserUttered) and event.message_id == message_id:
            found = [event]
        elif found and _is_message(event):
            break
        elif found:
            found.append(event)
    return found


def _slots_after(message_id: str, events: Sequence[Event]) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    met = False
    for event in events:
        if met and _is_message(event) and event.message_id != message_id:
            break
        met = met or (isinstance(event, UserUttered) and event.message_id == message_id)
        if isinstance(event, SlotSet):
            slots[event.key] = event.value
    return slots


def _is_message(event: Event) -> bool:
    """Whether this came through the channel; an action may also put a UserUttered of its own into a turn."""
    return isinstance(event, UserUttered) and "message_id" in (event.metadata or {})
