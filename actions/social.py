"""Greetings, thanks, small talk, other trades, insults: short, never the same sentence twice in a row."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from actions.base import Events, Scene, ServiceAction
from actions.handoff import call_person
from actions.outbursts import is_met_by_person
from actions.said import Said
from aftersales.domain.handovers import HandoverReason

# How often each of these was said in this session: name -> count.
TOLD = "session_told"

INSULT, ANGER = "insult", "anger"
SAYINGS = {
    "greet": ("utter_session_greet", "utter_session_greet_again", "utter_session_greet_more"),
    "goodbye": ("utter_session_goodbye", "utter_session_goodbye_again"),
    "thank": ("utter_session_welcome", "utter_session_welcome_again", "utter_session_welcome_more"),
    "help": ("utter_session_help", "utter_session_help_again"),
    "bot_challenge": ("utter_session_bot", "utter_session_bot_again", "utter_session_bot_more"),
    "chitchat": ("utter_session_chitchat", "utter_session_chitchat_again", "utter_session_chitchat_more"),
    "out_of_scope": (
        "utter_session_out_of_scope",
        "utter_session_out_of_scope_again",
        "utter_session_out_of_scope_more",
    ),
    "change_language": ("utter_session_language", "utter_session_language_again"),
    INSULT: ("utter_session_insult", "utter_session_insult_again", "utter_session_insult_more"),
    ANGER: ("utter_session_anger", "utter_session_insult_more"),  # in the middle of a matter
}
_INSULT = re.compile(
    r"傻[逼叉缺子x]|煞笔|沙雕|\bsb\b|他?妈的|你妈|去死|滚[蛋开吧]|^滚|废物|垃圾|混蛋|王八|白痴|智障|脑残|有病|骗子|黑心|"
    r"\b(?:fuck\w*|shit\w*|idiots?|stupid|morons?|useless|crap|bastards?|assholes?|scammers?|wtf|piss off|"
    r"shut up|dumb|garbage|pathetic)\b",
    re.IGNORECASE,
)
# Whom anger is for, and what else stands beside it without saying anything.
_ADDRESS = re.compile(
    r"你们?|您|这帮|这群|一群|这个?|那个?|什么|都|全|真|就|是|的|人|东西|破|烂|死|店铺?|商家|卖家|平台|公司|客服|机器人|啊|吧|呀|了|太|简直|们|玩意儿?|服务"
    r"|\b(?:you'?re|your|you|guys|people|lot|all|are|is|r|a|an|the|this|that|what|such|so|really|just|absolute(?:ly)?|total(?:ly)?|complete(?:ly)?|fucking"
    r"|shop|store|company|bot|robot|service|customer|support|joke|of|piece|bunch|ugh|off|go|to|hell|bloody|damn|u)\b",
    re.IGNORECASE,
)


def anger_alone(text: str) -> bool:
    """Whether a message is an insult of people or the shop, and nothing else; words about the goods are none."""
    if not _INSULT.search(text):
        return False
    return not re.search(r"\w", _ADDRESS.sub(" ", _INSULT.sub(" ", text)).replace("'", " "))


def is_insult(said: Said) -> bool:
    """Anger without a matter: what looks like small talk or nothing of ours, in such words."""
    return said.intent in ("chitchat", "out_of_scope") and bool(_INSULT.search(said.text))


class ActionSessionSocial(ServiceAction):
    action_name = "action_session_social"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        if await is_met_by_person(scene):
            return []
        return await tell_social(scene, INSULT if is_insult(said) else said.intent)


async def tell_social(scene: Scene, kind: str) -> Events:
    """Says the next sentence of its kind, and remembers it. Anger that goes on is a matter for a person."""
    told: dict[str, int] = scene.slot(TOLD) or {}
    count = told.get(kind, 0)
    if kind in (INSULT, ANGER) and count:
        await call_person(scene, HandoverReason.ANGER)
    scene.say(SAYINGS[kind][count % len(SAYINGS[kind])])
    return [SlotSet(TOLD, {**told, kind: count + 1})]
