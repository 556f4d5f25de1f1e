"""The topic of feedback: a rating, praise or a suggestion, kept at once and thanked for."""

from __future__ import annotations

from typing import Any, ClassVar

from actions.access import known_customer
from actions.base import Scene
from actions.complaints import ratings as r
from actions.complaints import words as w
from actions.complaints.common import extended, filing_key, says_done, told
from actions.complaints.draft import DETAILS
from actions.said import Said
from actions.topic import LEAVING, LOOSE, After, Finished, Topic
from aftersales.domain.cases import Severity
from aftersales.domain.errors import AftersalesError
from aftersales.domain.feedback import LOW, FeedbackKind
from aftersales.services.feedback import give_feedback, is_rating_of_words

RATING, COMMENT, ABOUT = "complaints_rating", "complaints_comment", "complaints_about"
FEEDBACK_EMPTY: dict[str, Any] = {RATING: None, COMMENT: None, ABOUT: None}
SUGGESTION, PRAISE = "suggestion", "praise"


class FeedbackTopic(Topic):
    """Nobody has to prove who they are, and nothing has to be confirmed: the words themselves are the feedback."""

    name = "feedback"
    entry = frozenset({"give_feedback"})
    empty: ClassVar[dict[str, Any]] = FEEDBACK_EMPTY
    calms = False
    open_to_guests = True

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        if asked == COMMENT:
            return LEAVING | {"change_language", "help", "repeat", "file_complaint"}
        usual = super().digressions(said, asked)
        return usual - LOOSE - {"thank"} if asked == RATING else usual

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        slots: dict[str, Any] = {}
        if said.choice and said.choice[0] == "rating" and said.choice[1].isdecimal():
            return {RATING: int(said.choice[1])}
        if asked == COMMENT and (says_done(said) or said.choice == ("comment", "skip")):
            return {COMMENT: ""}
        if said.structured or not said.text:
            return {} if asked is None else None
        rating = r.rating_told(said.text, asked=asked == RATING)
        if rating is not None and scene.slot(RATING) is None:
            slots[RATING] = rating
        if asked == COMMENT or r.says_why(said.text):
            slots[COMMENT] = extended(scene.slot(COMMENT), said.text)
        if asked is None:
            about = SUGGESTION if r.suggests(said.text) else PRAISE if r.praises(said.text) else None
            slots[ABOUT] = about
            slots.setdefault(COMMENT, None)
            if rating and slots[COMMENT] is None and await self._has_words(scene, rating):
                slots[COMMENT] = ""
        return slots if slots or asked is None else None

    async def _has_words(self, scene: Scene, rating: int) -> bool:
        """Whether the stars follow the praise that they belong to: then no more words are asked for."""
        return await is_rating_of_words(scene.ctx, conversation_id=scene.conversation_id, rating=rating)

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        def now(name: str) -> Any:
            return slots.get(name, scene.slot(name))

        if now(COMMENT) is not None and (now(RATING) is not None or now(ABOUT)):
            return None
        if now(ABOUT) == SUGGESTION or now(RATING) is not None:
            return COMMENT
        return RATING

    async def finish(self, scene: Scene) -> Finished:
        rating, comment = scene.slot(RATING), scene.slot(COMMENT) or ""
        if rating is None and not comment:
            scene.say("utter_session_nothing_more")
            return Finished(slots=FEEDBACK_EMPTY, after=After.SAME_SESSION)
        kind = {SUGGESTION: FeedbackKind.SUGGESTION, PRAISE: FeedbackKind.PRAISE}.get(
            scene.slot(ABOUT) or "", FeedbackKind.RATING
        )
        try:
            await give_feedback(
                scene.ctx,
                conversation_id=scene.conversation_id,
                customer_id=await known_customer(scene),
                kind=kind,
                rating=rating,
                comment=comment,
                key=filing_key(scene),
            )
        except AftersalesError:
            scene.say("utter_error_error")
            return Finished(slots=FEEDBACK_EMPTY)
        if unhappy(rating, comment):
            scene.say("utter_complaints_thanks_sorry")
            return Finished(slots={**FEEDBACK_EMPTY, DETAILS: told(comment) or None}, after=After.SAME_SESSION)
        scene.say("utter_complaints_thanks_idea" if kind is FeedbackKind.SUGGESTION else "utter_complaints_thanks")
        return Finished(slots=FEEDBACK_EMPTY)


def unhappy(rating: int | None, comment: str) -> bool:
    """Whether a complaint is offered: a low rating, or words of anger or of a complaint without a good rating."""
    if rating is not None:
        return rating <= LOW
    return w.severity(comment) is not Severity.NORMAL
