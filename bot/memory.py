"""Keeps what a turn costs from growing with the talk: of what happened only the latest turns stay in a tracker.

Rasa replays, featurises and sends the events of the whole session on every turn. What was settled stands in slots;
of the talk itself only the latest turns are looked at ("say it again", an offer that is being answered). What was
said stands in the front's tables.
"""

from collections import deque
from collections.abc import Sequence

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

KEPT = 2  # customer messages


def shorten(tracker: DialogueStateTracker) -> None:
    """Replaces what came before the last two customer messages by the slots and the active loop as they are now.

    The state of the tracker stays as it is, and the events that are left lead to the same state when replayed:
    what the last two turns changed, they change again.
    """
    events: Sequence[Event] = list(tracker.events)
    messages = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(messages) < KEPT:
        return
    kept = events[messages[-KEPT] :]
    began = kept[0].timestamp
    started: list[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME, timestamp=began),
        SessionStarted(timestamp=began),
        *(SlotSet(name, slot.value, began) for name, slot in tracker.slots.items() if slot.value is not None),
    ]
    if tracker.active_loop_name:
        started.append(ActiveLoop(tracker.active_loop_name, began))
    started.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=began))
    tracker.events = deque([*started, *kept])
