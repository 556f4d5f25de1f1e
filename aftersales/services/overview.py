"""What a person at the desk looks at: open returns, cases and their talk. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from aftersales.domain.cases import Case, CaseNote
from aftersales.domain.conversations import Message
from aftersales.domain.errors import NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.refunds import Refund, is_under_way
from aftersales.domain.returns import Return, ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.reachability import reach_of
from aftersales.services.return_views import next_step

OPEN_STATES = (
    ReturnState.REQUESTED,
    ReturnState.APPROVED,
    ReturnState.AWAITING_PAYMENT,
    ReturnState.AWAITING_PARCEL,
    ReturnState.IN_TRANSIT,
    ReturnState.RECEIVED,
    ReturnState.REPLACING,
    ReturnState.INSPECTED,
)
_TALK = 500


@dataclass(frozen=True, slots=True)
class FullReturn:
    """A return with all its refunds and its journal, both oldest first."""

    item: Return
    refunds: tuple[Refund, ...]
    journal: tuple[Entry, ...]

    @property
    def may_close(self) -> bool:
        """A person may say that it was paid elsewhere: the goods are in, no refund is under way."""
        return self.item.state is ReturnState.INSPECTED and not is_under_way(self.refunds)

    @property
    def may_refund_again(self) -> bool:
        """What failed or was cancelled is covered by no other refund."""
        return self.item.state is ReturnState.INSPECTED and next_step(self.item, self.refunds) == "refund_trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedException:
    """Why a return was filed although windows had closed, the ids of the rules that were waived, and by whom."""

    reason: str
    waived: tuple[str, ...]
    actor: str


async def find_returns(
    ctx: Context, *, states: Sequence[ReturnState] = OPEN_STATES, limit: int = 100
) -> Sequence[FullReturn]:
    """Returns in these states, those untouched for longest first; without their journals."""
    async with ctx.unit_of_work(read_only=True) as uow:
        found = await uow.returns.in_state(states, limit=limit)
        return [FullReturn(item, tuple(await uow.refunds.of_cause(item.id)), ()) for item in found]


async def exceptions_of(ctx: Context, return_ids: Collection[str]) -> Mapping[str, GrantedException]:
    """The exceptions by which returns were filed, by the return's id; the others are left out."""
    async with ctx.unit_of_work(read_only=True) as uow:
        journals = await uow.journal.of_each("return", return_ids)
    return {
        return_id: GrantedException(
            reason=entries[0].detail["exception"],
            waived=tuple(entries[0].detail["waived"]),
            actor=entries[0].actor,
        )
        for return_id, entries in journals.items()
        if "exception" in entries[0].detail
    }


async def find_return(ctx: Context, *, number: str) -> FullReturn:
    """For the shop's own people: any customer's return. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        item = await uow.returns.by_number(number)
        return FullReturn(
            item,
            tuple(await uow.refunds.of_cause(item.id)),
            tuple(await uow.journal.of("return", item.id)),
        )


async def refunds_of_order(ctx: Context, *, order_number: str) -> Sequence[Refund]:
    """All refunds of an order, whatever they are for, oldest first."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.refunds.of_order(order_number)


async def case_with_talk(ctx: Context, *, number: str) -> tuple[Case, Sequence[Message]]:
    """A case and what was said in its conversation; nothing where it has none. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        case = await uow.cases.by_number(number)
        return case, await _newest_messages(uow, case.conversation_id)


async def read_notes(ctx: Context, case: Case) -> Sequence[CaseNote]:
    """What customer and agents have added to the case, oldest first."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.cases.notes(case.id)


async def reads_replies(ctx: Context, *, conversation_id: str) -> bool:
    """Whether the customer can still read what is written into this conversation; see reachability.Reach."""
    async with ctx.unit_of_work(read_only=True) as uow:
        try:
            conversation = await uow.conversations.get(conversation_id)
        except NotFound:
            return False
        return (await reach_of(uow, conversation, now=ctx.clock.now())).is_there


async def _newest_messages(uow: UnitOfWork, conversation_id: str) -> Sequence[Message]:
    try:
        conversation = await uow.conversations.get(conversation_id)
    except NotFound:
        return ()
    after = max(0, conversation.last_seq - _TALK)
    return await uow.messages.after(conversation_id, after, limit=_TALK)


async def open_cases_of(ctx: Context, *, conversation_id: str) -> Sequence[Case]:
    """The cases of a conversation that still wait for a person."""
    async with ctx.unit_of_work(read_only=True) as uow:
        return await uow.cases.open_of(conversation_id)
