"""Filling slots from a message without looking at those that only actions fill.

Rasa 3.6.21 checks every slot of the domain against every message, and once more when a form begins; all but two of
ours are filled by actions alone.
"""

from copy import copy
from typing import Any

from rasa.core.actions.action import ActionExtractSlots
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.constants import MAPPING_TYPE, SlotMappingType
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

_run = ActionExtractSlots.run


async def run(
    action: ActionExtractSlots,
    output_channel: OutputChannel,
    nlg: NaturalLanguageGenerator,
    tracker: DialogueStateTracker,
    domain: Domain,
) -> list[Event]:
    """As ActionExtractSlots.run."""
    filled: list[Event] = await _run(action, output_channel, nlg, tracker, _narrowed(domain))
    return filled


def _narrowed(domain: Domain) -> Domain:
    """The domain with the slots alone that a message can fill; made once for each domain."""
    narrowed: Domain | None = vars(domain).get("with_slots_of_messages")
    if narrowed is None:
        narrowed = copy(domain)
        narrowed.slots = [slot for slot in domain.slots if _is_filled_by_messages(slot)]
        vars(domain)["with_slots_of_messages"] = narrowed
    return narrowed


def _is_filled_by_messages(slot: Slot) -> bool:
    mappings: list[dict[str, Any]] = slot.mappings
    return any(
        mapping.get(MAPPING_TYPE) != str(SlotMappingType.CUSTOM) or "action" in mapping for mapping in mappings
    )


def install() -> None:
    """Replaces Rasa's own way. Harmless when done twice."""
    ActionExtractSlots.run = run
