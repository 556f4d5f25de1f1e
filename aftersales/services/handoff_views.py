"""What the live desk shows: who waits, who has whom, and one chat with all that is known. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from aftersales.domain.accounts import Account
from aftersales.domain.cases import Case
from aftersales.domain.conversations import ChatNote, Conversation, Message, Owner, TalkSigns
from aftersales.domain.handovers import Handover, HandoverState
from aftersales.domain.journal import Entry
from aftersales.domain.outside import OUTSIDE_NAME
from aftersales.domain.promises import Promise
from aftersales.domain.returns import Return
from aftersales.domain.seats import Seat
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.handoff_access import name_of
from aftersales.services.handoff_seats import unset_seat
from aftersales.services.reachability import Reach, reach_of

LONGEST_TALK = 500
_MOST_OF_A_CUSTOMER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """A chat in a list. `said` is the customer's newest message; `is_unread`: no agent has answered it yet.

    `agent` is the name of who has the chat, empty for nobody.
    """

    handover: Handover
    customer_id: str | None
    said: Message | None
    is_unread: bool
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """The queue in its order, what this agent holds, and what others hold, longest first.

    `colleagues` are the others who take new chats now. `owed` are this agent's promises that press.
    """

    seat: Seat
    queue: Sequence[ChatLine]
    mine: Sequence[ChatLine]
    others: Sequence[ChatLine]
    colleagues: Sequence[Account]
    owed: Sequence[Promise] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatView:
    """A chat as it stands. `handover` is the one that has not ended, `past` are the others, newest first.

    `agent` is the name of the person who has it. `draft` is what the bot would have said to the customer's newest
    words, empty where it would not. `signs` are those of the time while a person has it. `elsewhere` are the same
    customer's other talks, the one used last first. `promises` are those that agents made in words.
    """

    conversation: Conversation
    messages: Sequence[Message]
    notes: Sequence[ChatNote]
    handover: Handover | None
    past: Sequence[Handover]
    agent: str
    draft: str
    signs: TalkSigns
    cases: Sequence[Case]
    returns: Sequence[Return]
    reach: Reach
    elsewhere: Sequence[Conversation]
    promises: Sequence[Promise] = ()

    @property
    def timeline(self) -> Sequence[tuple[Message | None, ChatNote | None]]:
        """Messages and private notes as they came; of the same moment messages first."""
        said = [(message.at, 0, (message, None)) for message in self.messages]
        noted = [(note.at, 1, (None, note)) for note in self.notes]
        together: list[tuple[Message | None, ChatNote | None]] = []
        together += [entry for _, _, entry in sorted([*said, *noted], key=lambda one: one[:2])]
        return together


async def read_desk(ctx: Context, account: Account) -> DeskView:
    """The lists as this agent sees them, from one moment."""
    async with ctx.unit_of_work(read_only=True) as uow:
        waiting, claimed = await uow.handovers.waiting(), await uow.handovers.claimed()
        accounts = {one.id: one for one in await uow.accounts.all()}
        lines = await _lines(uow, [*waiting, *claimed], accounts)
        owed = await uow.promises.owed_by(account.actor)
        seats = {seat.account_id: seat for seat in await uow.seats.all()}
    now = ctx.clock.now()
    held = [line for line in lines if line.handover.state is HandoverState.CLAIMED]
    there = [seat.account_id for seat in seats.values() if seat.takes_new(now) and seat.account_id != account.id]
    return DeskView(
        seat=seats.get(account.id) or unset_seat(ctx, account),
        queue=[line for line in lines if line.handover.state is HandoverState.WAITING],
        mine=[line for line in held if line.handover.agent_id == account.id],
        others=[line for line in held if line.handover.agent_id != account.id],
        colleagues=[accounts[one] for one in there if one in accounts and accounts[one].active],
        owed=owed,
    )


async def read_chat(ctx: Context, *, conversation_id: str) -> ChatView:
    """Any chat, for the people at the desk. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        conversation = await uow.conversations.get(conversation_id)
        customer_id = conversation.customer_id
        after = max(0, conversation.last_seq - LONGEST_TALK)
        stays = await uow.handovers.of(conversation_id)
        answered = (await uow.messages.answered_last([conversation_id])).get(conversation_id, 0)
        return ChatView(
            conversation=conversation,
            messages=await uow.messages.after(conversation_id, after, limit=LONGEST_TALK),
            notes=await uow.chat_notes.of(conversation_id),
            handover=next((one for one in stays if one.ended_at is None), None),
            past=[one for one in stays if one.ended_at is not None],
            agent=await name_of(uow, conversation.agent_id),
            draft=_draft(conversation, await uow.journal.of("conversation", conversation_id), answered=answered),
            signs=await uow.talk_signs.of(conversation_id),
            cases=await uow.cases.of(
                conversation_id=conversation_id, customer_id=customer_id, limit=_MOST_OF_A_CUSTOMER
            ),
            returns=await uow.returns.of_customer(customer_id, limit=_MOST_OF_A_CUSTOMER) if customer_id else (),
            reach=await reach_of(uow, conversation, now=ctx.clock.now(), since=after),
            elsewhere=await _elsewhere_of(uow, conversation),
            promises=await uow.promises.spoken_in(conversation_id),
        )


async def search_talks(ctx: Context, *, words: str, limit: int) -> Sequence[tuple[Message, Conversation]]:
    """What was ever said with these words in it, newest first. Private notes are not looked through."""
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.messages.search(words, limit=limit)
        talks = await uow.conversations.by_ids({message.conversation_id for message in found})
    return [(message, talks[message.conversation_id]) for message in found]


async def talks_about(ctx: Context, *, customer_id: str | None, conversation_id: str | None) -> Collection[str]:
    """The ids of the talks that show what is known of this customer, and of the one in which it came up."""
    named = {conversation_id} if conversation_id else set()
    if customer_id is None:
        return named
    async with ctx.unit_of_work(read_only=True) as uow:
        talks = await uow.conversations.of_customer(customer_id, limit=_MOST_OF_A_CUSTOMER + 1)
    return named | {talk.id for talk in talks}


async def agent_name(ctx: Context, *, account_id: str) -> str:
    """The name that customers read; empty for an account that is gone."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await name_of(uow, account_id)


async def _lines(
    uow: UnitOfWork, handovers: Collection[Handover], accounts: Mapping[str, Account]
) -> Sequence[ChatLine]:
    ids = {one.conversation_id for one in handovers}
    talks = await uow.conversations.by_ids(ids)
    asked = await uow.messages.asked_last(ids)
    answered = await uow.messages.answered_last(ids)

    def line(handover: Handover) -> ChatLine:
        talk = handover.conversation_id
        said, agent = asked.get(talk), accounts.get(handover.agent_id or "")
        return ChatLine(
            handover=handover,
            customer_id=talks[talk].customer_id,
            said=said,
            is_unread=said is not None and said.seq > answered.get(talk, 0),
            agent=agent.display_name if agent else _elsewhere(handover),
        )

    return [line(handover) for handover in handovers if handover.conversation_id in talks]


async def _elsewhere_of(uow: UnitOfWork, conversation: Conversation) -> Sequence[Conversation]:
    """Known is only who has proven it: talks of guests are nobody's."""
    if conversation.customer_id is None:
        return ()
    talks = await uow.conversations.of_customer(conversation.customer_id, limit=_MOST_OF_A_CUSTOMER + 1)
    return [talk for talk in talks if talk.id != conversation.id][:_MOST_OF_A_CUSTOMER]


def _elsewhere(handover: Handover) -> str:
    return OUTSIDE_NAME if handover.state is HandoverState.CLAIMED and handover.agent_id is None else ""


def _draft(conversation: Conversation, journal: Sequence[Entry], *, answered: int) -> str:
    """The newest draft of the bot that no agent has written after."""
    if conversation.owner not in (Owner.WAITING, Owner.HUMAN):
        return ""
    drafts = [entry.detail for entry in journal if entry.trigger == "draft"]
    fresh = [draft for draft in drafts if int(draft.get("in_reply_to", 0)) > answered]
    return "\n\n".join(str(text) for text in fresh[-1].get("texts", ())) if fresh else ""
