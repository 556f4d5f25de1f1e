"""Following up complaints, claims and hand-overs: how they stand, something to add, taking them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions import consent
from actions.access import known_customer
from actions.base import Events, Question, Scene
from actions.complaints import words as w
from actions.complaints.common import case_facts, filing_key, says_done, told, visitor_of, with_photo
from actions.complaints.tell import OFFERS, case_buttons, live_views, tell_case, tell_cases
from actions.returns.filed import shall_stay
from actions.returns.listen import pick
from actions.said import UNSURE, Said
from actions.topic import LOOSE, After, Finished, Topic
from aftersales.domain.cases import CaseState
from aftersales.domain.errors import AftersalesError, Conflict, NotFound
from aftersales.services.complaints import (
    MOST_PHOTOS,
    CaseView,
    add_to_case,
    list_cases,
    withdraw_case,
)

DOING, CASE, ADDITION, PICTURES = (
    *("complaints_doing", "complaints_case"),
    *("complaints_addition", "complaints_pictures"),
)
TOLD, SURE = "complaints_told", "complaints_sure"
STATUS, ADD, WITHDRAW, DONE = "status", "add", "withdraw", "done"
FOLLOW_EMPTY: dict[str, Any] = {DOING: None, CASE: None, ADDITION: None, PICTURES: None, TOLD: None, SURE: None}
# Messages that may be an addition, whatever else they could begin elsewhere.
_TELLING = frozenset(
    "inform file_complaint report_damaged_item report_wrong_item report_missing_item report_not_delivered "
    "report_payment_problem request_refund give_feedback".split()
) | {UNSURE}
_UNSURE = frozenset({"inform", UNSURE, "help", "repeat"})
_SHORTEST = 4


class FollowTopic(Topic):
    name = "follow"
    entry = frozenset({"check_complaint_status"})
    empty: ClassVar[dict[str, Any]] = FOLLOW_EMPTY
    calms = False
    open_to_guests = True
    yes_to: ClassVar[Mapping[str, str]] = {SURE: CASE}

    def deeds(self, scene: Scene) -> Mapping[str, bool]:
        return {consent.WITHDRAW: True, consent.CANCEL: True}

    def opens(self, said: Said) -> bool:
        """Also words about adding to a complaint or taking it back, and a case's number."""
        if said.intent in self.entry or (said.choice or ("",))[0] in ("follow", "case"):
            return True
        if said.structured or said.intent in LOOSE or w.wants_another(said.text):
            return False
        if w.asks_how_it_stands(said.text) and said.intent in _UNSURE:
            return True
        about = w.wants_to_add(said.text) or w.wants_to_withdraw(said.text)
        return w.case_number(said.text) is not None or (about and w.names_complaint(said.text))

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        usual = super().digressions(said, asked)
        return usual - _TELLING if asked in (ADDITION, CASE) else usual - {"cancel_return"}

    def is_begun(self, scene: Scene) -> bool:
        """A status that was told is no matter to come back to."""
        return scene.slot(DOING) in (ADD, WITHDRAW)

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        views = await list_cases(scene.ctx, visitor_of(scene, customer_id))
        if asked == SURE:
            return self._sure(scene, said)
        named = self._named(said, views, asked)
        if named == "":
            scene.say("utter_complaints_not_found", {"number": w.case_number(said.text) or ""})
            return {**FOLLOW_EMPTY, DOING: DONE} if asked is None else {}
        begun = scene.slot(DOING) == ADD and scene.slot(CASE) is not None
        doing = self._wanted(said) or (scene.slot(DOING) if asked or begun else None) or STATUS
        chosen = {CASE: named} if named else {}
        if asked is None:
            if begun and not said.structured:  # a person asked, or a photo was sent: the message is the addition
                return {**FOLLOW_EMPTY, CASE: scene.slot(CASE), DOING: ADD, ADDITION: told(said.text)}
            photos = said.photo or scene.slot(PICTURES)
            addition = {PICTURES: scene.slot(PICTURES), ADDITION: ""} if photos and doing == ADD else {}
            heard = {**addition, **self._addition(said, doing, None)}
            return {
                **FOLLOW_EMPTY,
                CASE: scene.slot(CASE) if begun else self._only(views, doing),
                **chosen,
                DOING: doing,
                **heard,
            }
        if asked == ADDITION and not chosen and self._asks(said):
            return {DOING: STATUS, TOLD: None, CASE: self._only(views, STATUS) or scene.slot(CASE)}
        if asked == ADDITION and doing == STATUS and (says_done(said) or said.intent == "affirm"):
            return {DOING: DONE}
        if asked == ADDITION and doing == ADD and says_done(said):
            return {DOING: DONE}
        told_now = {} if asked == CASE else self._addition(said, doing, asked)
        if not chosen and not told_now and self._wanted(said) is None:
            return None
        if told_now and doing == STATUS:
            doing = ADD
        return {**chosen, **told_now, DOING: doing}

    def _wanted(self, said: Said) -> str | None:
        if said.choice and said.choice[0] == "follow" and said.choice[1] in (ADD, WITHDRAW, DONE):
            return said.choice[1]
        if said.structured:
            return None
        if w.wants_to_withdraw(said.text):
            return WITHDRAW
        return ADD if w.wants_to_add(said.text) else None

    def _named(self, said: Said, views: Sequence[CaseView], asked: str | None) -> str | None:
        """The number of the case that is meant; "" for one that there is not (or not for this customer)."""
        numbers = [view.case.number for view in views]
        if said.choice and said.choice[0] == "case":
            return said.choice[1] if said.choice[1] in numbers else None
        if number := w.case_number(said.text):
            return next((view.case.number for view in views if number in view.numbers), "")
        offered = [view.case.number for view in live_views(views)[:OFFERS]]
        return pick(said, offered) if asked == CASE else None

    def _only(self, views: Sequence[CaseView], doing: str) -> str | None:
        """The case that leaves no choice: the only one that is live, or else the newest, unless it is closed."""
        live = live_views(views)
        if live or not views:
            return live[0].case.number if len(live) == 1 else None
        newest = views[0].case
        return newest.number if doing == STATUS or newest.state is CaseState.RESOLVED else None

    def _addition(self, said: Said, doing: str, asked: str | None) -> dict[str, Any]:
        if said.photo:
            return {PICTURES: with_photo((), said, most=MOST_PHOTOS), ADDITION: ""}
        if said.structured or doing == WITHDRAW:
            return {}
        if asked is None:
            wordy = doing == ADD and not w.bare_addition(said.text)
        else:
            wordy = len(said.text.strip()) >= _SHORTEST and not (
                w.wants_to_add(said.text) and w.bare_addition(said.text)
            )
            wordy = wordy and (doing == ADD or self._tells(said))
        return {ADDITION: told(said.text)} if wordy else {}

    def _asks(self, said: Said) -> bool:
        """How things stand, once more."""
        if said.intent in self.entry:
            return not (said.structured or w.wants_to_add(said.text) or w.wants_to_withdraw(said.text))
        return not said.structured and said.intent in _UNSURE and w.asks_how_it_stands(said.text)

    def _tells(self, said: Said) -> bool:
        """Whether words after a status that was told are likely meant for the case."""
        if said.intent in _TELLING:
            return not w.asks(said.text)
        return said.intent == "out_of_scope" and w.tells_something(said.text) and not w.asks(said.text)

    def _sure(self, scene: Scene, said: Said) -> dict[str, Any] | None:
        if said.intent == "deny" or (not said.structured and shall_stay(said.text)):
            return {SURE: False}
        if said.intent == "affirm" or self._wanted(said) == WITHDRAW:
            return {SURE: True} if said.choice in (None, ("case", scene.slot(CASE))) else {}
        return None

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        def now(name: str) -> Any:
            return slots.get(name, scene.slot(name))

        views = await list_cases(scene.ctx, visitor_of(scene, customer_id))
        doing = now(DOING)
        if doing == DONE or not views or (doing != STATUS and not live_views(views) and now(CASE) is None):
            return None
        if doing == STATUS:
            return ADDITION
        if now(CASE) is None:
            return CASE
        if doing == WITHDRAW:
            return SURE if now(SURE) is None else None
        return ADDITION if now(ADDITION) is None else None

    async def finish(self, scene: Scene) -> Finished:
        doing, number = scene.slot(DOING), scene.slot(CASE)
        if doing == DONE:
            if scene.slot(TOLD):
                scene.say("utter_session_nothing_more")
            return Finished(slots=FOLLOW_EMPTY, after=After.SAME_SESSION)
        if number is None:
            scene.say("utter_complaints_none")
            return Finished(slots=FOLLOW_EMPTY, after=After.SAME_SESSION)
        customer_id = await known_customer(scene)
        try:
            return await (self._withdraw if doing == WITHDRAW else self._add)(scene, customer_id, number)
        except NotFound:
            scene.say("utter_complaints_not_found", {"number": number})
        except Conflict:
            scene.say("utter_complaints_closed_already", {"number": number})
        except AftersalesError:
            scene.say("utter_complaints_try_again")
        return Finished(slots=FOLLOW_EMPTY, after=After.SAME_SESSION)

    async def _add(self, scene: Scene, customer_id: str | None, number: str) -> Finished:
        case = await add_to_case(
            scene.ctx,
            visitor_of(scene, customer_id),
            number=number,
            text=scene.slot(ADDITION) or "",
            key=filing_key(scene),
            attachment_ids=scene.slot(PICTURES) or (),
        )
        scene.say("utter_complaints_added", case_facts(scene, case))
        more = {**FOLLOW_EMPTY, CASE: number, TOLD: number, DOING: STATUS}
        return Finished(slots=more, after=After.ONCE_MORE)

    async def _withdraw(self, scene: Scene, customer_id: str | None, number: str) -> Finished:
        if scene.slot(SURE):
            await withdraw_case(scene.ctx, visitor_of(scene, customer_id), number=number)
            scene.say("utter_complaints_withdrawn", {"number": number})
        else:
            scene.say("utter_complaints_withdraw_kept", {"number": number})
        return Finished(slots=FOLLOW_EMPTY)


class AskComplaintsCase(Question):
    slot = "complaints_case"

    async def ask(self, scene: Scene) -> Events:
        views = await list_cases(scene.ctx, visitor_of(scene, await known_customer(scene)))
        scene.say("utter_complaints_choose_case", buttons=case_buttons(scene, live_views(views)[:OFFERS]))
        return []


class AskComplaintsAddition(Question):
    """Tells how things stand, once; then waits in silence for what the customer may want to add."""

    slot = "complaints_addition"

    async def ask(self, scene: Scene) -> Events:
        views = await list_cases(scene.ctx, visitor_of(scene, await known_customer(scene)))
        if scene.slot(DOING) == ADD:
            scene.say("utter_complaints_ask_addition", {"number": scene.slot(CASE) or ""})
            return []
        number = scene.slot(CASE)
        if scene.slot(TOLD) == (number or STATUS):
            return []
        chosen = [view for view in views if view.case.number == number]
        if chosen:
            tell_case(scene, chosen[0])
        else:
            tell_cases(scene, live_views(views))
        return [SlotSet(TOLD, number or STATUS)]


class AskComplaintsSure(Question):
    slot = "complaints_sure"

    async def ask(self, scene: Scene) -> Events:
        number = str(scene.slot(CASE))
        yes = f'/affirm{{"choice":"case:{number}"}}'
        named = (("utter_complaints_button_withdraw", yes), ("utter_complaints_button_keep", "/deny"))
        buttons = [{"title": scene.title(response), "payload": payload} for response, payload in named]
        scene.say("utter_complaints_ask_sure", {"number": number}, buttons=buttons)
        return []
