"""The parts of the live desk's page, read from one moment and rendered whole: for the page and for its socket."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from aftersales.domain.accounts import Account, Right
from aftersales.domain.conversations import Owner
from aftersales.domain.orders import Customer, Order
from aftersales.domain.texts import Language
from aftersales.services.handoff_views import ChatView, DeskView, read_chat, read_desk
from desk.application import Desk
from desk.promise_words import promise_helpers
from desk.sessions import DeskSession

REGIONS = ("seat", "mine", "queue", "state", "talk", "packet", "colleagues")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that the page shows. `chat` is the open one; `customers` are those of all chats, by id."""

    lists: DeskView
    chat: ChatView | None
    customers: Mapping[str, Customer] = field(default_factory=dict)
    orders: Sequence[Order] = ()

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
    return Scene(
        lists=lists,
        chat=chat,
        customers=await _customers(desk, {one for one in ids if one is not None}),
        orders=await desk.known.orders(owner) if owner else (),
    )


def render_regions(desk: Desk, scene: Scene, session: DeskSession, *, language: Language) -> Mapping[str, Markup]:
    """The HTML of each region, by name."""
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
        **promise_helpers(session.account, language, desk.context.zone),
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
