"""Copies of trackers without what makes them slow in Rasa 3.6.21.

Before each action, and twice in a form, Rasa copies the tracker by replaying all that happened, and a policy looks
back at it by making a new one with all its slots. What replaying leads to is what the tracker holds already; and
here a slot is never changed but replaced, so that copies share those that are the same in both.
"""

import copy
from typing import Any

from rasa.core.actions.forms import FormAction
from rasa.shared.constants import DEFAULT_SENDER_ID
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

_set_in_place = DialogueStateTracker._set_slot


def copied(slot: Slot) -> Slot:
    """A shallow copy, as copy.copy makes it: its attributes are all there is to a slot."""
    made: Slot = object.__new__(type(slot))
    made.__dict__.update(slot.__dict__)
    return made


def set_slot(tracker: DialogueStateTracker, key: str, value: Any) -> None:
    """As DialogueStateTracker._set_slot, on a slot that is this tracker's alone."""
    if key in tracker.slots:
        tracker.slots[key] = copied(tracker.slots[key])
    _set_in_place(tracker, key, value)


def reset_slots(tracker: DialogueStateTracker) -> None:
    """As DialogueStateTracker._reset_slots."""
    tracker.slots.update({name: _untouched(slot) for name, slot in tracker.slots.items() if slot.has_been_set})


def _untouched(slot: Slot) -> Slot:
    made = copied(slot)
    made.reset()
    return made


def duplicate(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """As DialogueStateTracker.copy: what happens to one does not happen to the other. Events do not change."""
    made: DialogueStateTracker = object.__new__(type(tracker))
    made.__dict__.update(tracker.__dict__)
    made.events = copy.copy(tracker.events)
    made.slots = tracker.slots.copy()
    made.active_loop = copy.copy(tracker.active_loop)
    return made


def begun_anew(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """As DialogueStateTracker.init_copy: the same slots, to which nothing has happened yet."""
    made = DialogueStateTracker(
        tracker.sender_id or DEFAULT_SENDER_ID,
        (),
        tracker._max_event_history,
        is_rule_tracker=tracker.is_rule_tracker,
    )
    made.slots = tracker.slots.copy()
    reset_slots(made)
    return made


def as_in_form(
    form: FormAction, tracker: DialogueStateTracker, events: list[Event], _domain: Domain
) -> DialogueStateTracker:
    """As FormAction._temporary_tracker: the form has been run, and these events have come of it."""
    made = duplicate(tracker)
    begun = [SlotSet(REQUESTED_SLOT, form.get_slot_to_fill(tracker)), ActionExecuted(form.name())]
    for event in [*begun, *events]:
        made.update(event)
    return made


def install() -> None:
    """Gives trackers a way of their own to be changed and copied. Harmless when done twice."""
    Slot.__copy__ = copied
    DialogueStateTracker._set_slot = set_slot
    DialogueStateTracker._reset_slots = reset_slots
    DialogueStateTracker.copy = duplicate
    DialogueStateTracker.init_copy = begun_anew
    FormAction._temporary_tracker = as_in_form
