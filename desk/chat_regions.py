"""The parts of the live desk's page, read from one moment and rendered whole: for the page and for its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from aftersales.domain.accounts import Account, Right
from aftersales.domain.conversations import Owner
from aftersales.domain.orders import Customer, Order
from aftersales.domain.refunds import Refund
from aftersales.domain.texts import Language
from aftersales.services.handoff_views import ChatView, DeskView, read_chat, read_desk
from aftersales.services.refund_overview import FullRefund, refunds_of_customer
from desk.application import Desk
from desk.chat_refunds import weigh_for
from desk.forms import FailedForm
from desk.sessions import DeskSession

REGIONS = ("seat", "mine", "queue", "state", "talk", "packet", "colleagues")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that the page shows. `chat` is the open one; `customers` are those of all chats, by id.

    `orders` and refunds are those of the open chat's customer; `waiting` refunds need people, `refunds` are the
    latest others.
    """

    lists: DeskView
    chat: ChatView | None
    customers: Mapping[str, Customer] = field(default_factory=dict)
    orders: Sequence[Order] = ()
    waiting: Sequence[FullRefund] = ()
    refunds: Sequence[Refund] = ()

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
    )


def render_regions(
    desk: Desk, scene: Scene, session: DeskSession, *, language: Language, failed: FailedForm | None = None
) -> Mapping[str, Markup]:
    """The HTML of each region, by name; `failed` is the form of the packet that is to be tried again."""
    departments = desk.context.policy.cases.departments.items()
    values = {
        "scene": scene,
        "lists": scene.lists,
        "chat": scene.chat,
        "state": scene.state_for(session.account),
        "session": session,
        "may_chat": session.account.may(Right.ANSWER_CASES),
        "may_file": session.account.may(Right.HANDLE_RETURNS),
        "may_take_over": session.account.may(Right.TAKE_OVER),
        "to_agree": [weigh_for(desk.context, session.account, full) for full in scene.waiting],
        "failed": failed,
        "departments": [(name, one.name.of(language)) for name, one in departments],
    }
    now = desk.context.clock.now()
    return {
        name: Markup(desk.pages.render(f"chats_{name}.html", language=language, now=now, **values))  # noqa: S704
        for name in REGIONS
    }


async def _customers(desk: Desk, ids: Collection[str]) -> Mapping[str, Customer]:
    found = await asyncio.gather(*(desk.known.customer(one) for one in ids))
    return {customer.id: customer for customer in found if customer is not None}
