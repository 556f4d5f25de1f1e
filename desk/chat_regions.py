"""The parts of the live desk's page, read from one moment and rendered whole: for the page and for its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from aftersales.domain.accounts import Account, Right, roles_with
from aftersales.domain.conversations import Owner
from aftersales.domain.orders import Customer, Order
from aftersales.domain.policy_exceptions import Excepted
from aftersales.domain.refunds import Refund
from aftersales.domain.returns import Return
from aftersales.domain.texts import Language
from aftersales.services.handoff_views import ChatView, DeskView, read_chat, read_desk
from aftersales.services.refund_overview import FullRefund, refunds_of_customer
from desk.application import Desk
from desk.case_money import CaseMoney
from desk.chat_cases import money_of_cases, to_settle
from desk.chat_refunds import weigh_for
from desk.chat_verdicts import VerdictCard, Weighed, verdict_card, weigh_now
from desk.forms import FailedForm
from desk.promise_words import promise_helpers
from desk.sessions import DeskSession
from desk.views import goods_of

REGIONS = ("seat", "mine", "queue", "state", "talk", "packet", "colleagues")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that the page shows. `chat` is the open one; `customers` are those of all chats, by id.

    `orders` and refunds are those of the open chat's customer; `waiting` refunds need people, `refunds` are the
    latest others. `money` is what settling each of the open cases comes to, by number;
    `weighed` what the policy says about what the bot had filled in.
    """

    lists: DeskView
    chat: ChatView | None
    customers: Mapping[str, Customer] = field(default_factory=dict)
    orders: Sequence[Order] = ()
    waiting: Sequence[FullRefund] = ()
    refunds: Sequence[Refund] = ()
    money: Mapping[str, CaseMoney] = field(default_factory=dict)
    weighed: Weighed | None = None

    def state_for(self, account: Account) -> str:
        """Whose the open chat is, for this person: mine, taken, waiting, bot or closed; empty without one."""
        if self.chat is None:
            return ""
        talk = self.chat.conversation
        if talk.owner is Owner.HUMAN:
            return "mine" if talk.agent_id == account.id else "taken"
        return talk.owner.value


async def read_scene(desk: Desk, account: Account, *, chat_id: str) -> Scene:
    """`chat_id` is empty for none. Raises NotFound."""
    lists = await read_desk(desk.context, account)
    chat = await read_chat(desk.context, conversation_id=chat_id) if chat_id else None
    owner = chat.conversation.customer_id if chat else None
    ids = {line.customer_id for line in (*lists.queue, *lists.mine, *lists.others)} | {owner}
    waiting, refunds = await refunds_of_customer(desk.context, customer_id=owner)
    return Scene(
        lists=lists,
        chat=chat,
        customers=await _customers(desk, {one for one in ids if one is not None}),
        orders=await desk.known.orders(owner) if owner else (),
        waiting=waiting,
        refunds=refunds,
        money=await money_of_cases(desk.context, desk.known, chat.cases) if chat else {},
        weighed=await weigh_now(desk.context, desk.known, chat) if chat else None,
    )


def render_regions(
    desk: Desk,
    scene: Scene,
    session: DeskSession,
    *,
    language: Language,
    key: str,
    failed: FailedForm | None = None,
) -> Mapping[str, Markup]:
    """The HTML of each region, by name.

    `key` makes what the packet's forms send count once, `failed` is the one of them that is to be tried again.
    """
    departments = desk.context.policy.cases.departments.items()
    values = {
        "scene": scene,
        "lists": scene.lists,
        "chat": scene.chat,
        "state": scene.state_for(session.account),
        "session": session,
        "may_chat": session.account.may(Right.ANSWER_CASES),
        "may_file": session.account.may(Right.HANDLE_RETURNS),
        "may_decide": session.account.may(Right.DECIDE_REFUNDS),
        "may_take_over": session.account.may(Right.TAKE_OVER),
        "to_agree": [weigh_for(desk.context, session.account, full) for full in scene.waiting],
        "to_settle": to_settle(scene.chat.cases, scene.money) if scene.chat else (),
        "goods": {item.id: goods_of(item, _order_of(scene, item), language) for item in _returns(scene)},
        "verdict": _verdict(desk, scene, language),
        "exception": _exception(scene),
        "may_except": session.account.may(Right.GRANT_EXCEPTIONS),
        "roles": {right.value: roles_with(right) for right in Right},
        "failed": failed,
        "key": key,
        **promise_helpers(session.account, language, desk.context.zone),
        "departments": [(name, one.name.of(language)) for name, one in departments],
    }
    now = desk.context.clock.now()
    return {
        name: Markup(desk.pages.render(f"chats_{name}.html", language=language, now=now, **values))  # noqa: S704
        for name in REGIONS
    }


def _verdict(desk: Desk, scene: Scene, language: Language) -> VerdictCard | None:
    if scene.chat is None:
        return None
    return verdict_card(desk.context, scene.chat.messages, scene.weighed, scene.orders, language)


def _exception(scene: Scene) -> Excepted | None:
    """What it would come to if closed windows counted as met; None where that is of no use."""
    return scene.weighed.verdict.exception if scene.weighed else None


def _returns(scene: Scene) -> Sequence[Return]:
    return scene.chat.returns if scene.chat else ()


def _order_of(scene: Scene, item: Return) -> Order | None:
    return next((order for order in scene.orders if order.id == item.order_id), None)


async def _customers(desk: Desk, ids: Collection[str]) -> Mapping[str, Customer]:
    found = await asyncio.gather(*(desk.known.customer(one) for one in ids))
    return {customer.id: customer for customer in found if customer is not None}
