"""Turns without copies made for a log that nobody reads.

Rasa 3.6.21 copies states, events and slots in depth for every line of its debug log, also where that is not
written, as in the service, which writes nothing of what customers say.
"""

from types import ModuleType, SimpleNamespace
from typing import Any

from rasa.core import processor
from rasa.core.actions import forms
from rasa.core.policies import rule_policy
from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

# In these `copy` is used for the log alone.
_MODULES: tuple[ModuleType, ...] = (processor, forms, rule_policy)


def _itself(value: Any) -> Any:
    return value


def _untold(_tracker: DialogueStateTracker) -> None:
    """The values of all slots, line by line."""


def install() -> None:
    """Leaves the copies out. Harmless when done twice."""
    for module in _MODULES:
        vars(module)["copy"] = SimpleNamespace(deepcopy=_itself)
    MessageProcessor._log_slots = staticmethod(_untold)
