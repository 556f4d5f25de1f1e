"""Refunds in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.money import Money
from aftersales.domain.pages import Mark, Wanted
from aftersales.domain.refund_disputes import Contradiction
from aftersales.domain.refunds import LONGEST_WAIT, CauseKind, Refund, RefundState
from aftersales.domain.statements import Scope
from aftersales.stores.inserts import hold_lock, insert_new
from aftersales.stores.pages import page_of
from aftersales.stores.schema.returns import refunds

_OLDEST_FIRST = select(refunds).order_by(refunds.c.created_at, refunds.c.key)
_OF_PAYMENT = _OLDEST_FIRST.where(refunds.c.payment_id == bindparam("wanted"))
_OF_CAUSE = _OLDEST_FIRST.where(refunds.c.cause_id == bindparam("wanted"))


class SqlRefunds:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, refund: Refund) -> None:
        """Raises Conflict when the key is taken; the transaction stays usable."""
        values = {
            "id": refund.id,
            "key": refund.key,
            "cause_kind": refund.cause_kind.value,
            "cause_id": refund.cause_id,
            "cause_number": refund.cause_number,
            "conversation_id": refund.conversation_id,
            "policy_version": refund.policy_version,
            "order_id": refund.order_id,
            "order_number": refund.order_number,
            "customer_id": refund.customer_id,
            "payment_id": refund.payment_id,
            "currency": refund.amount.currency,
            "reason": refund.reason,
            "created_at": refund.created_at,
            **_changing(refund),
        }
        if not await insert_new(self._connection, refunds, values):
            raise Conflict("key of the refund")

    async def save(self, refund: Refund) -> None:
        """Writes what changes in a refund's life; payment, currency and key never do."""
        await self._connection.execute(
            update(refunds).where(refunds.c.id == refund.id).values(**_changing(refund))
        )

    async def get(self, refund_id: str) -> Refund:
        """Raises NotFound."""
        return await self._one(select(refunds).where(refunds.c.id == refund_id))

    async def lock(self, refund_id: str) -> Refund:
        """As get, and holds the row for writing until the transaction ends."""
        return await self._one(select(refunds).where(refunds.c.id == refund_id).with_for_update())

    async def by_key(self, key: str) -> Refund | None:
        found = await self._read(select(refunds).where(refunds.c.key == key))
        return found[0] if found else None

    async def lock_payment(self, payment_id: str) -> None:
        await hold_lock(self._connection, f"payment:{payment_id}")

    async def of_payment(self, payment_id: str) -> Sequence[Refund]:
        """Oldest first."""
        return await self._read(_OF_PAYMENT, {"wanted": payment_id})

    async def lock_cause(self, cause_id: str) -> None:
        await hold_lock(self._connection, f"cause:{cause_id}")

    async def of_cause(self, cause_id: str) -> Sequence[Refund]:
        """Oldest first."""
        return await self._read(_OF_CAUSE, {"wanted": cause_id})

    async def of_order(self, order_number: str, *, limit: int = 100) -> Sequence[Refund]:
        """Oldest first."""
        query = select(refunds).where(refunds.c.order_number == order_number)
        return await self._read(query.order_by(refunds.c.created_at, refunds.c.key).limit(limit))

    async def of_customer(
        self, customer_id: str, *, states: Collection[RefundState], limit: int
    ) -> Sequence[Refund]:
        """Newest first."""
        query = select(refunds).where(
            refunds.c.customer_id == customer_id, refunds.c.state.in_([state.value for state in states])
        )
        return await self._read(query.order_by(refunds.c.created_at.desc(), refunds.c.id.desc()).limit(limit))

    async def walk(self, scope: Scope, *, after: Refund | None, limit: int) -> Sequence[Refund]:
        """By the time at which they were granted and by id, so that a page goes on where the last one ended."""
        query = select(refunds).where(*_meant(scope)).order_by(refunds.c.created_at, refunds.c.id)
        if after is not None:
            later = refunds.c.created_at > after.created_at
            beside = and_(refunds.c.created_at == after.created_at, refunds.c.id > after.id)
            query = query.where(refunds.c.created_at >= after.created_at, or_(later, beside))
        return await self._read(query.limit(limit))

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Refund]:
        """By birth and id, from behind `after`."""
        return await self._read(page_of(refunds, wanted, state=refunds.c.state, after=after, limit=limit))

    async def disputed(self, *, limit: int = 100) -> Sequence[Refund]:
        """Those about which domain.refund_disputes.is_disputed holds, oldest first."""
        asked = (RefundState.SUBMITTED.value, RefundState.UNKNOWN.value)
        query = select(refunds).where(refunds.c.state.in_(asked), refunds.c.failure.in_(list(Contradiction)))
        return await self._read(query.order_by(refunds.c.created_at, refunds.c.id).limit(limit))

    async def due(self, states: Sequence[RefundState], *, now: datetime, limit: int = 50) -> Sequence[Refund]:
        return await self._read(
            select(refunds)
            .where(
                refunds.c.state.in_([state.value for state in states]),
                or_(
                    refunds.c.next_attempt_at.is_(None),
                    refunds.c.next_attempt_at <= now,
                    refunds.c.next_attempt_at > now + LONGEST_WAIT,
                ),
            )
            .order_by(refunds.c.updated_at)
            .limit(limit)
        )

    async def _one(self, query: Select[Any]) -> Refund:
        found = await self._read(query)
        if not found:
            raise NotFound("refund")
        return found[0]

    async def _read(self, query: Select[Any], parameters: Mapping[str, Any] | None = None) -> list[Refund]:
        return [_refund(row) for row in (await self._connection.execute(query, parameters)).mappings()]


def _meant(scope: Scope) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if scope.order_number is not None:
        conditions.append(refunds.c.order_number == scope.order_number)
    if scope.customer_id is not None:
        conditions.append(refunds.c.customer_id == scope.customer_id)
    if scope.since is not None:
        conditions.append(refunds.c.created_at >= scope.since)
    if scope.before is not None:
        conditions.append(refunds.c.created_at < scope.before)
    return conditions


def _changing(refund: Refund) -> dict[str, Any]:
    return {
        "state": refund.state.value,
        "amount_minor": refund.amount.minor,
        "provider_reference": refund.provider_reference,
        "failure": refund.failure,
        "attempts": refund.attempts,
        "next_attempt_at": refund.next_attempt_at,
        "updated_at": refund.updated_at,
        "by_hand": refund.by_hand,
    }


def _refund(row: RowMapping) -> Refund:
    fields = dict(row)
    amount = Money(fields.pop("amount_minor"), fields.pop("currency"))
    kind, state = CauseKind(row["cause_kind"]), RefundState(row["state"])
    return Refund(**{**fields, "cause_kind": kind, "state": state, "amount": amount})
