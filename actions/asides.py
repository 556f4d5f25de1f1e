"""What is said beside the matter at hand without sounding so: answered at once, then the matter goes on."""

from __future__ import annotations

from actions.base import Events, Scene
from actions.faq import ActionFaqAnswer
from actions.orders.status import ActionOrdersStatus
from actions.orders.words import asks_for_own_money, asks_where
from actions.said import UNSURE, Said
from actions.social import ANGER, anger_alone, tell_social
from actions.topic import LOOSE, Topic


async def answer_aside(scene: Scene, topic: Topic, said: Said, *, proven: bool) -> Events | None:
    """What answering it leaves behind; None where the message is for the matter at hand."""
    if said.structured:
        return None
    if topic.calms and anger_alone(said.text):
        return await tell_social(scene, ANGER)
    if said.intent not in LOOSE | {UNSURE}:
        return None
    if asks_for_own_money(said.text):
        return await ActionFaqAnswer().act(scene)
    likely = {name for name, _ in said.ranking[:3]}
    if proven and "track_order" in likely and asks_where(said.text):
        await ActionOrdersStatus().tell(scene, {"intent": "track_order", "order": None, "words": said.text})
        return []
    return None
