"""Keeps what a turn costs from growing with the talk: a long session is begun anew with what still matters.

Rasa reads, replays, featurises and sends the whole session on every turn. What was settled stands in slots; of the
talk itself only the latest turns are looked at ("say it again", an offer that is being answered). Earlier turns
stay in the tracker store, in sessions that are no longer read.
"""

import copy
import time
from collections.abc import Sequence

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

LONGEST_SESSION = 2  # customer messages
KEPT = 2


def shorten(tracker: DialogueStateTracker, domain: Domain, *, longest: int = LONGEST_SESSION) -> None:
    """Begins a new Rasa session in the same tracker once this one has `longest` customer messages.

    The new one holds all slots and the active loop as they were before the last two messages, and these.
    """
    events = _session(tracker.events)
    messages = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(messages) < max(longest, KEPT):
        return
    first = messages[-KEPT]
    before = DialogueStateTracker.from_events(tracker.sender_id, events[:first], domain.slots)
    started: list[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    started += [SlotSet(name, slot.value) for name, slot in before.slots.items() if slot.value is not None]
    if before.active_loop_name:
        started.append(ActiveLoop(before.active_loop_name))
    started.append(ActionExecuted(ACTION_LISTEN_NAME))
    for event in [*started, *map(copy.copy, events[first:])]:
        event.timestamp = time.time()  # the tracker store tells sessions apart by time
        tracker.update(event, domain)


def _session(events: Sequence[Event]) -> list[Event]:
    """The events of the latest session."""
    starts = [index for index, event in enumerate(events) if isinstance(event, SessionStarted)]
    return list(events)[starts[-1] :] if starts else list(events)
