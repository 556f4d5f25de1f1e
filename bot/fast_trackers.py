"""Copies of trackers without what makes them slow in Rasa 3.6.21.

Before each action, and twice in a form, Rasa copies the tracker by replaying all that happened, and a policy looks
back at it by copying it, with all its slots, once per step; `copy.copy` takes the way of pickling for each slot. A
slot's attributes are all there is to it, and what replaying leads to is what the tracker holds already.
"""

import copy

from rasa.core.actions.forms import FormAction
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker


def copied(slot: Slot) -> Slot:
    """A shallow copy, as copy.copy makes it."""
    made: Slot = object.__new__(type(slot))
    made.__dict__.update(slot.__dict__)
    return made


def duplicate(tracker: DialogueStateTracker) -> DialogueStateTracker:
    """As DialogueStateTracker.copy: what happens to one does not happen to the other. Events do not change."""
    made: DialogueStateTracker = object.__new__(type(tracker))
    made.__dict__.update(tracker.__dict__)
    made.events = copy.copy(tracker.events)
    made.slots = {name: copied(slot) for name, slot in tracker.slots.items()}
    made.active_loop = copy.copy(tracker.active_loop)
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
    """Gives slots and trackers a way of their own to be copied. Harmless when done twice."""
    Slot.__copy__ = copied
    DialogueStateTracker.copy = duplicate
    FormAction._temporary_tracker = as_in_form
