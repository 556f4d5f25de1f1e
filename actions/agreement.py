"""A yes where one is asked for: heard in plain words, and taken only from who has seen what it agrees to."""

from __future__ import annotations

from actions.base import Scene
from actions.consent import as_consent
from actions.said import Said, put_in_answer_to
from actions.topic import Topic
from aftersales.services.conversations import is_answered_before


def as_asked(scene: Scene, topic: Topic, said: Said, asked: str | None) -> Said:
    """The message, as a yes where one is asked for and it is nothing else."""
    return as_consent(said, topic.deeds(scene)) if asked in topic.yes_to else said


async def has_crossed(scene: Scene, topic: Topic, said: Said, asked: str | None) -> bool:
    """Whether a yes in words was written before that to which it would agree was shown.

    A button needs no such check: it is bound to what it was shown with.
    """
    if asked is None or asked not in topic.yes_to or said.structured or said.intent != "affirm":
        return False
    shown, written = _number(put_in_answer_to(scene.tracker, topic.yes_to[asked])), _number(scene.message_id)
    if shown is None or written is None:
        return False
    conversation_id = scene.conversation_id
    return not await is_answered_before(scene.ctx, conversation_id=conversation_id, asked=shown, written=written)


def _number(message_id: str | None) -> int | None:
    """The number of a message in its conversation."""
    number = (message_id or "").rpartition(":")[2]
    return int(number) if number.isdecimal() else None
