"""Finding out who asks, shared by every form: order number, contact, one-time code."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from actions.base import Events, Question, Scene
from actions.said import Said
from aftersales.domain.errors import Conflict, Invalid, NotFound
from aftersales.services.access import conversation_customer
from aftersales.services.verification import Verification, confirm_code, start_verification

NUMBER, CONTACT, CODE = "access_number", "access_contact", "access_code"
SLOTS = (NUMBER, CONTACT, CODE)
CUSTOMER = "customer"  # in Scene.known
_FULL_NUMBER = re.compile(r"[A-Z]{2}\d{8,}|\d{9,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the proof stands. `code` tells what to say at the code step: sent, wrong, expired or cooling."""

    number: str | None
    contact: str | None
    code: str | None

    @property
    def missing(self) -> str:
        """The slot to ask for next."""
        return NUMBER if self.number is None else CONTACT if self.contact is None else CODE

    def slots(self) -> dict[str, Any]:
        return {NUMBER: self.number, CONTACT: self.contact, CODE: self.code}


def heard(access: Access, said: Said) -> Access:
    """What the message adds to the proof; a new number or contact starts it anew."""
    if said.choice == ("access", "restart"):
        return Access(number=None, contact=None, code=None)
    if said.choice == ("access", "resend") or (access.code in ("cooling", "expired") and not said.first("code")):
        access = replace(access, code=None)
    numbers = [value for value in said.entities.get("order_number", ()) if _FULL_NUMBER.fullmatch(value)]
    number = numbers[0] if numbers else access.number
    contact = said.first("email") or said.first("phone") or access.contact
    unchanged = (number, contact) == (access.number, access.contact)
    return Access(number=number, contact=contact, code=access.code if unchanged else None)


async def known_customer(scene: Scene) -> str | None:
    if CUSTOMER not in scene.known:
        found = await conversation_customer(scene.ctx, conversation_id=scene.conversation_id)
        scene.known[CUSTOMER] = found
    customer_id: str | None = scene.known[CUSTOMER]
    return customer_id


async def proven_customer(scene: Scene) -> str:
    """As known_customer; raises NotFound for a guest."""
    customer_id = await known_customer(scene)
    if customer_id is None:
        raise NotFound
    return customer_id


async def advance_access(scene: Scene, said: Said, *, asked: str | None) -> tuple[str | None, Access, bool]:
    """Takes the proof as far as this message allows: (customer id once proven, state, anything heard)."""
    before = Access(number=scene.slot(NUMBER), contact=scene.slot(CONTACT), code=scene.slot(CODE))
    after = heard(before, said)
    code = said.first("code")
    if asked == CODE and code and after == before:
        outcome = await confirm_code(
            scene.ctx, conversation_id=scene.conversation_id, code=code, message_id=scene.message_id
        )
        if outcome is Verification.VERIFIED:
            scene.known.clear()
            scene.say("utter_access_verified")
            return await known_customer(scene), replace(after, code="verified"), True
        states = {
            Verification.WRONG: "wrong",
            Verification.EXPIRED: "expired",
            Verification.COOLING_DOWN: "cooling",
        }
        return None, replace(after, code=states[outcome]), True
    if after.number and after.contact and after.code is None:
        return None, await _with_code(scene, after), True
    return None, after, after != before


async def _with_code(scene: Scene, access: Access) -> Access:
    try:
        await start_verification(
            scene.ctx,
            conversation_id=scene.conversation_id,
            number=access.number or "",
            contact=access.contact or "",
            message_id=scene.message_id,
        )
    except Conflict:
        return replace(access, code="cooling")
    except Invalid:
        scene.say("utter_access_contact_unreadable")
        return replace(access, contact=None)
    return replace(access, code="sent")


class AskAccessCode(Question):
    slot = "access_code"

    async def ask(self, scene: Scene) -> Events:
        responses = {
            "wrong": "utter_access_code_wrong",
            "expired": "utter_access_code_expired",
            "cooling": "utter_access_cooling_down",
        }
        scene.say(responses.get(scene.slot(CODE), "utter_access_code_sent"))
        return []
