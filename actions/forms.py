"""How every form of ours listens: first the answer to what was asked, then a digression, then a miss."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.access import SLOTS as ACCESS_SLOTS
from actions.access import advance_access, known_customer
from actions.base import Events, Scene, ServiceAction
from actions.said import Said, is_fresh
from aftersales.domain.errors import Unavailable

QUESTIONS = frozenset(
    "ask_return_policy ask_refund_policy ask_return_shipping ask_delivery ask_payment ask_price_protection "
    "ask_invoice ask_warranty account_problem".split()
)
STATUS = frozenset({"check_return_status", "check_refund_status", "track_order", "list_orders"})
CASES = frozenset(
    "exchange_item cancel_order modify_order file_complaint give_feedback report_missing_item "
    "report_not_delivered report_payment_problem check_complaint_status".split()
)
LEAVING = frozenset({"stop", "talk_to_human", "goodbye"})
SOCIAL = frozenset({"greet", "thank", "help", "bot_challenge", "repeat", "change_language"})
# What an unproven customer said at first, taken up once he is proven.
OPENING = "session_opening"
# Asked for while the shop cannot be reached: the message is kept and taken up again.
RETRY, KEPT = "session_retry", "session_kept"
# What goods are called often looks like small talk or another trade: it is tried as an answer first.
LOOSE = frozenset({"chitchat", "out_of_scope", "ask_product"})


def slot_events(slots: dict[str, Any]) -> Events:
    return [SlotSet(name, value) for name, value in slots.items()]


class FormValidation(ServiceAction):
    """The validation of one form. Subclasses say what they can take from a message and what comes next.

    Returning no events lets Rasa reject the form for this message, so that a rule can answer the digression;
    the form is then run again and asks once more.
    """

    form: ClassVar[str] = ""
    entry: ClassVar[frozenset[str]] = frozenset()

    def digressions(self, said: Said, asked: str | None) -> frozenset[str]:
        """Intents that are not for this form at this step."""
        return (LEAVING | QUESTIONS | STATUS | CASES | SOCIAL | LOOSE) - self.entry

    async def take(
        self, scene: Scene, said: Said, *, customer_id: str, asked: str | None
    ) -> dict[str, Any] | None:
        """The slots that the message changes; None when it says nothing to this form."""
        raise NotImplementedError

    async def next_slot(self, scene: Scene, slots: dict[str, Any], *, customer_id: str) -> str | None:
        """The slot to ask for next; None when the form is complete. `slots` holds this turn's changes."""
        raise NotImplementedError

    async def act(self, scene: Scene) -> Events:
        said: Said = scene.said
        asked = scene.slot("requested_slot")
        if asked and not is_fresh(scene.tracker, self.form):
            return [SlotSet("requested_slot", asked)]
        if asked == RETRY:
            if said.intent in LEAVING | SOCIAL | QUESTIONS | CASES:
                return []
            kept = scene.slot(KEPT) or {}
            asked = kept.get("asked")
            said = Said.revive(kept.get("said")) if said.choice == ("session", "retry") else said
        try:
            return await self._hear(scene, said, asked)
        except Unavailable:
            return slot_events({KEPT: {"said": said.kept(), "asked": asked}, "requested_slot": RETRY})

    async def _hear(self, scene: Scene, said: Said, asked: str | None) -> Events:
        customer_id = await known_customer(scene)
        if customer_id is not None and asked in ACCESS_SLOTS:
            # The turn that proved it was lost, or another tab proved it.
            asked, said = None, Said.revive(scene.slot(OPENING))
        off = asked is not None and said.intent in self.digressions(said, asked) and not self._answers(said, asked)
        if off and said.intent not in LOOSE:
            return []
        if customer_id is None:
            return await self._prove(scene, said, asked, loose=off)
        return await self._listen(scene, said, customer_id, asked, loose=off)

    def _answers(self, said: Said, asked: str) -> bool:
        """A message that carries just what was asked for is an answer, whatever else it looks like."""
        wanted = {
            "access_number": ("order_number",),
            "access_contact": ("email", "phone"),
            "access_code": ("code", "email", "phone"),
            "returns_order": ("order_number",),
        }.get(asked, ())
        return said.intent not in LEAVING and any(said.first(entity) for entity in wanted)

    async def _prove(self, scene: Scene, said: Said, asked: str | None, *, loose: bool) -> Events:
        customer_id, access, understood = await advance_access(scene, said, asked=asked)
        if customer_id is not None:
            opening = Said.revive(scene.slot(OPENING))
            return slot_events(access.slots()) + await self._listen(scene, opening, customer_id, None, loose=False)
        if asked in ACCESS_SLOTS and said.intent in self.entry and not understood:
            return slot_events({OPENING: said.kept(), "requested_slot": access.missing})
        if asked in ACCESS_SLOTS and not understood:
            return [] if loose else self._missed(scene, access.missing)
        opened = {} if asked in ACCESS_SLOTS else {OPENING: said.kept()}
        return slot_events({**access.slots(), **opened, "session_misses": 0, "requested_slot": access.missing})

    async def _listen(
        self, scene: Scene, said: Said, customer_id: str, asked: str | None, *, loose: bool
    ) -> Events:
        changes = await self.take(scene, said, customer_id=customer_id, asked=asked)
        if changes is None and asked:
            return [] if loose else self._missed(scene, asked)
        slots = changes or {}
        following = await self.next_slot(scene, slots, customer_id=customer_id)
        return slot_events({**slots, "session_misses": 0, "requested_slot": following})

    def _missed(self, scene: Scene, asked: str) -> Events:
        misses = int(scene.slot("session_misses") or 0) + 1
        first = {
            "access_number": "utter_access_number_unreadable",
            "access_contact": "utter_access_contact_unreadable",
        }.get(asked, "utter_session_not_caught")
        scene.say(first if misses == 1 else "utter_session_not_caught_again")
        return slot_events({"session_misses": misses, "requested_slot": asked})
