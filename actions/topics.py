"""The topics that there are."""

from __future__ import annotations

from actions.changes.topic import ChangeTopic
from actions.complaints.feedback import FeedbackTopic
from actions.complaints.follow import FollowTopic
from actions.complaints.parcel import ParcelTopic
from actions.complaints.payment import PaymentTopic
from actions.complaints.topic import ComplaintTopic
from actions.orders.price import PriceTopic
from actions.orders.status import StatusTopic
from actions.returns.form import ReturnTopic
from actions.returns.withdraw import WithdrawTopic
from actions.said import Said
from actions.topic import Topic

# In the order in which they are asked whether a message is theirs: what opens by its words goes first.
TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        FollowTopic(),
        ParcelTopic(),
        PaymentTopic(),
        ComplaintTopic(),
        ReturnTopic(),
        WithdrawTopic(),
        ChangeTopic(),
        PriceTopic(),
        StatusTopic(),
        FeedbackTopic(),
    )
}


def opened_by(intent: str) -> Topic | None:
    """The topic that the intent opens."""
    return next((topic for topic in TOPICS.values() if intent in topic.entry), None)


def topic_for(said: Said) -> Topic | None:
    """The topic that the message begins."""
    return next((topic for topic in TOPICS.values() if topic.opens(said)), None)
