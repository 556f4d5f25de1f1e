"""The topics that there are."""

from __future__ import annotations

from actions.orders import StatusTopic
from actions.returns.form import ReturnTopic
from actions.returns.withdraw import WithdrawTopic
from actions.topic import Topic

TOPICS: dict[str, Topic] = {topic.name: topic for topic in (ReturnTopic(), WithdrawTopic(), StatusTopic())}


def opened_by(intent: str) -> Topic | None:
    """The topic that the intent opens."""
    return next((topic for topic in TOPICS.values() if intent in topic.entry), None)
