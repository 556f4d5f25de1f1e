"""What the topics of this folder share: who speaks, orders to choose from, consent, and how they are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.base import Scene, inform
from actions.complaints import words as w
from actions.returns import draft as returns
from actions.returns.listen import pick
from actions.returns.quote import consent_digest
from actions.said import Said
from aftersales.domain.case_rules import Department
from aftersales.domain.cases import Case, Severity
from aftersales.domain.errors import NotFound
from aftersales.domain.orders import Order
from aftersales.services.access import access_order, access_orders
from aftersales.services.complaints import Visitor
from runtime import formats

OFFERS = 5
_AT_HAND = 50
Button = dict[str, str]


def visitor_of(scene: Scene, customer_id: str | None) -> Visitor:
    """`customer_id` may be empty, as topics that guests may begin are given it."""
    return Visitor(conversation_id=scene.conversation_id, customer_id=customer_id or None)


def filing_key(scene: Scene) -> str:
    """The idempotency key of what this turn files: the message that consents to it."""
    return f"chat:{scene.message_id}"


async def orders_at_hand(scene: Scene, customer_id: str, said: Said | None = None) -> list[Order]:
    """The customer's newest orders, with an older one that the message names in full; none for a guest."""
    if not customer_id:
        return []
    orders = list(await access_orders(scene.ctx, customer_id=customer_id, limit=_AT_HAND))
    reference = said.first("order_number") if said else None
    if reference and len(reference) > 8 and returns.find(orders, reference) is None:
        try:
            orders.append(await access_order(scene.ctx, customer_id=customer_id, number=reference))
        except NotFound:
            return orders
    return orders


def orders_named(scene: Scene, said: Said, orders: Sequence[Order], *, offered: Sequence[str]) -> tuple[str, ...]:
    """Numbers of the orders that the message means: by button, number, place in the list, day or goods."""
    if said.choice and said.choice[0] == "order":
        return (said.choice[1],) if returns.find(orders, said.choice[1]) else ()
    if said.structured:
        return ()
    reference = said.first("order_number")
    if reference:
        return returns.orders_numbered(orders, reference)
    if offered and (picked := pick(said, offered)):
        return (picked,)
    of_day = returns.orders_of_day(orders, said.entities.get("date", ()), scene.ctx.zone)
    of_goods = returns.matching_orders(said.text, orders)
    both = tuple(number for number in of_day if number in of_goods)
    return both or of_goods or of_day


def order_title(scene: Scene, order: Order) -> str:
    return f"{order.number[-5:]} · {order.lines[0].title.of(scene.language)}"


def order_buttons(scene: Scene, orders: Sequence[Order]) -> list[Button]:
    return [{"title": order_title(scene, order), "payload": inform("order", order.number)} for order in orders]


def consent_buttons(scene: Scene, shown: Mapping[str, Any], *others: tuple[str, str]) -> list[Button]:
    """Yes bound to what is shown, then `others` as (response, payload), then not now."""
    yes = f'/affirm{{"choice":"confirm:{consent_digest(shown)}"}}'
    named = [("utter_complaints_button_file", yes), *others, ("utter_complaints_button_not_now", "/stop")]
    return [{"title": scene.title(response), "payload": payload} for response, payload in named]


def consents(said: Said, shown: Mapping[str, Any] | None) -> bool:
    """Whether the message is a yes to just what was shown; a yes in words counts as well."""
    if said.intent != "affirm" or not shown:
        return False
    return said.choice is None or said.choice == ("confirm", consent_digest(shown))


def told(text: str) -> str:
    """A customer's words as they are kept."""
    return " ".join(text.split())


def extended(details: str | None, text: str) -> str:
    """Details with more of them, each once."""
    more = told(text)
    if not details or details == more:
        return more
    return details if more in details else f"{details}\n{more}"


def with_photo(photos: Sequence[str] | None, said: Said, *, most: int) -> list[str] | None:
    """The photos and the one that was just sent; None where there is neither."""
    if said.photo:
        return [*(name for name in photos or () if name != said.photo), said.photo][-most:]
    return list(photos) if photos is not None else None


def case_facts(scene: Scene, case: Case) -> dict[str, str]:
    """What texts say about a case: number, department, promised, and the link under which it can be followed."""
    department = scene.ctx.policy.cases.departments.get(case.department)
    name = department.name.of(scene.language) if department else scene.title("utter_complaints_department_any")
    promised = formats.moment(case.promised_by, scene.language, scene.ctx.zone)
    link = scene.ctx.links.link(case.number, now=scene.ctx.clock.now())
    return {"number": case.number, "department": name, "promised": promised, "link": link}


def promised_time(scene: Scene, department: Department, severity: Severity = Severity.NORMAL) -> str:
    """By when an answer would come if the case was filed now, as it is told."""
    rules, hours = scene.ctx.policy.cases, scene.ctx.hours
    due = hours.after(scene.ctx.clock.now(), rules.promise(department, severity), scene.language)
    return formats.moment(due, scene.language, scene.ctx.zone)


def says_done(said: Said) -> bool:
    """No more photos, nothing to add."""
    if said.choice in {("photo", "none"), ("photo", "done"), ("complaint", "done")}:
        return True
    return said.intent == "deny" or (not said.structured and w.says_done(said.text))
