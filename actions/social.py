"""Greetings, thanks, small talk, other trades, insults: short, never the same sentence twice in a row."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from actions.base import Events, Scene, ServiceAction
from actions.said import Said

# How often each of these was said in this session: name -> count.
TOLD = "session_told"

INSULT = "insult"
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
}
_INSULT = re.compile(
    r"傻[逼叉缺子x]|煞笔|沙雕|\bsb\b|他?妈的|你妈|去死|滚[蛋开吧]|^滚|废物|垃圾|混蛋|王八|白痴|智障|脑残|有病|骗子|黑心|"
    r"\b(?:fuck\w*|shit\w*|idiots?|stupid|morons?|useless|crap|bastards?|assholes?|scammers?|wtf|piss off|"
    r"shut up|dumb|garbage|pathetic)\b",
    re.IGNORECASE,
)


def is_insult(said: Said) -> bool:
    """Anger without a matter: what looks like small talk or nothing of ours, in such words."""
    return said.intent in ("chitchat", "out_of_scope") and bool(_INSULT.search(said.text))


class ActionSessionSocial(ServiceAction):
    action_name = "action_session_social"

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        kind = INSULT if is_insult(said) else said.intent
        told: dict[str, int] = scene.slot(TOLD) or {}
        count = told.get(kind, 0)
        scene.say(SAYINGS[kind][count % len(SAYINGS[kind])])
        return [SlotSet(TOLD, {**told, kind: count + 1})]
