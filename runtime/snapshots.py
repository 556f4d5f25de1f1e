"""What a webhook shows of the thing that its event is about: the same as the merchant API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aftersales.domain.changes import Change
from aftersales.domain.errors import NotFound
from aftersales.domain.journal import Entry
from aftersales.domain.promises import Promise
from aftersales.ports import UnitOfWork
from aftersales.services.overview import FullReturn
from aftersales.services.webhook_deliveries import Snapshot
from connectors.web.payloads import instant, money_json
from runtime.merchant_json import case_json, conversation_json, history_json, refund_json, return_json


async def describe(uow: UnitOfWork, entry: Entry) -> Snapshot:
    """As it is now. What was removed meanwhile has no resource any more."""
    try:
        return await _BY_SUBJECT[entry.subject](uow, entry.subject_id)
    except NotFound:
        return Snapshot(entry.subject_id, None, None)


async def _return(uow: UnitOfWork, return_id: str) -> Snapshot:
    item = await uow.returns.get(return_id)
    refunds = tuple(await uow.refunds.of_cause(return_id))
    full = FullReturn(item, refunds, tuple(await uow.journal.of("return", return_id)))
    return Snapshot(item.id, item.number, return_json(full))


async def _refund(uow: UnitOfWork, refund_id: str) -> Snapshot:
    """In the lane of what it is for."""
    refund = await uow.refunds.get(refund_id)
    shown = {**refund_json(refund), "history": history_json(await uow.journal.of("refund", refund_id))}
    return Snapshot(refund.cause_id, refund.cause_number, shown)


async def _case(uow: UnitOfWork, case_id: str) -> Snapshot:
    case = await uow.cases.get(case_id)
    shown = {**case_json(case), "history": history_json(await uow.journal.of("case", case_id))}
    return Snapshot(case.id, case.number, shown)


async def _conversation(uow: UnitOfWork, conversation_id: str) -> Snapshot:
    found = await uow.conversations.get(conversation_id)
    journal = await uow.journal.of("conversation", conversation_id)
    return Snapshot(found.id, None, {**conversation_json(found), "history": history_json(journal)})


async def _change(uow: UnitOfWork, change_id: str) -> Snapshot:
    change = await uow.changes.get(change_id)
    return Snapshot(change.id, change.number, change_json(change))


async def _promise(uow: UnitOfWork, promise_id: str) -> Snapshot:
    """In the lane of what it is about."""
    promise = await uow.promises.get(promise_id)
    return Snapshot(promise.subject_id, promise.number, promise_json(promise))


def change_json(change: Change) -> dict[str, Any]:
    """Without what it changes into: an address is for nobody else."""
    return {
        "number": change.number,
        "kind": change.kind.value,
        "status": change.state.value,
        "order_number": change.order_number,
        "customer_id": change.customer_id,
        "amount": money_json(change.amount),
        "failure": change.failure,
        "created_at": instant(change.created_at),
        "updated_at": instant(change.updated_at),
    }


def promise_json(promise: Promise) -> dict[str, Any]:
    """`number` is that of the case, return or change that it is about."""
    moments = {
        "due_at": promise.due_at,
        "moved_to": promise.moved_to,
        "kept_at": promise.kept_at,
        "broken_at": promise.broken_at,
        "released_at": promise.released_at,
    }
    return {
        "kind": promise.kind.value,
        "subject": promise.subject.value,
        "number": promise.number,
        "told_at": instant(promise.told_at),
        **{name: None if at is None else instant(at) for name, at in moments.items()},
    }


_BY_SUBJECT: Mapping[str, Callable[[UnitOfWork, str], Awaitable[Snapshot]]] = {
    "return": _return,
    "refund": _refund,
    "case": _case,
    "conversation": _conversation,
    "change": _change,
    "promise": _promise,
}
