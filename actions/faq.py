"""Answers about how things work, with the figures of the policy in force, so that they never contradict it."""

from __future__ import annotations

from actions.base import Events, Scene, ServiceAction
from actions.said import Said
from actions.topic import QUESTIONS
from aftersales.domain.policy_describe import facts


class ActionFaqAnswer(ServiceAction):
    action_name = "action_faq_answer"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        topic = said.intent.removeprefix("ask_") if said.intent in QUESTIONS | {"ask_product"} else "unknown"
        scene.say(f"utter_faq_{topic}", facts(scene.ctx.policy, scene.language))
        return []
