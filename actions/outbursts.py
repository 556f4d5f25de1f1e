"""Strong words: a person takes over at once, where somebody is at the desk."""

from __future__ import annotations

from actions.base import Scene
from actions.handoff import call_person
from actions.said import Said
from aftersales.domain.handovers import HandoverReason
from aftersales.domain.outbursts import read_outburst


async def is_met_by_person(scene: Scene) -> bool:
    """Whether the message is an outburst that somebody at the desk is asked to meet; nothing else is said then.

    Where nobody is there, it is answered as any other message.
    """
    said: Said = scene.said
    is_outburst = not said.structured and read_outburst(said.text) is not None
    return is_outburst and await call_person(scene, HandoverReason.ANGER)
