"""Promises in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import NotFound
from aftersales.domain.money import Money
from aftersales.domain.promises import Promise, PromiseKind, Subject
from aftersales.ports import Kept, Standing
from aftersales.stores.inserts import insert_new
from aftersales.stores.schema.promises import promises

_T = promises.c
_PLAIN = tuple(field.name for field in fields(Promise) if field.name not in {"kind", "subject", "amount"})
# What may change in a promise's life; the first three where an agent's words were read wrongly.
_READ = ("due_at", "late_from", "warn_from")
_LIVING = (*_READ, "moved_to", "late_told_at", "kept_at", "broken_at", "released_at", "warned_at")
_OPEN = and_(_T.kept_at.is_(None), _T.released_at.is_(None))


class SqlPromises:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, promise: Promise) -> bool:
        values = {name: getattr(promise, name) for name in _PLAIN}
        amount = promise.amount
        money = {"amount_minor": amount and amount.minor, "currency": amount and amount.currency}
        kinds = {"kind": promise.kind.value, "subject": promise.subject.value}
        return await insert_new(self._connection, promises, {**values, **kinds, **money})

    async def save(self, promise: Promise) -> None:
        values = {name: getattr(promise, name) for name in _LIVING}
        await self._connection.execute(update(promises).where(_T.id == promise.id).values(values))

    async def get(self, promise_id: str) -> Promise:
        """Raises NotFound."""
        return await self._one(select(promises).where(_T.id == promise_id))

    async def lock(self, promise_id: str) -> Promise:
        """Raises NotFound."""
        return await self._one(select(promises).where(_T.id == promise_id).with_for_update())

    async def of(self, subject_id: str) -> Sequence[Promise]:
        query = select(promises).where(_T.subject_id == subject_id)
        return await self._read(query.order_by(_T.told_at, _T.id))

    async def open_of(self, subject_id: str) -> Sequence[Promise]:
        query = select(promises).where(_T.subject_id == subject_id, _OPEN)
        return await self._read(query.order_by(_T.id).with_for_update())

    async def spoken_in(self, conversation_id: str) -> Sequence[Promise]:
        query = select(promises).where(_T.conversation_id == conversation_id, _T.seq.is_not(None))
        return await self._read(query.order_by(_T.seq, _T.id))

    async def spoken_to(self, customer_id: str) -> Sequence[Promise]:
        query = select(promises).where(_T.customer_id == customer_id, _T.seq.is_not(None), _OPEN)
        return await self._read(query.order_by(_T.id).with_for_update())

    async def owed_by(self, told_by: str) -> Sequence[Promise]:
        query = select(promises).where(_T.told_by == told_by, _T.warned_at.is_not(None), _OPEN)
        return await self._read(query.order_by(_T.due_at, _T.id))

    async def pressing(self, *, now: datetime, limit: int) -> Sequence[Promise]:
        late = and_(_T.late_told_at.is_(None), _T.late_from <= now)
        broken = and_(_T.broken_at.is_(None), _T.due_at <= now)
        warned = and_(_T.warned_at.is_(None), _T.warn_from <= now)
        query = select(promises).where(_OPEN, or_(late, broken, warned))
        return await self._read(query.order_by(_T.due_at).limit(limit))

    async def find(self, standing: Standing, *, now: datetime, limit: int = 100) -> Sequence[Promise]:
        query = select(promises)
        if standing == "broken":
            query = query.where(_T.broken_at.is_not(None))
            query = query.order_by(case((_OPEN, 0), else_=1), _T.due_at.desc(), _T.id)
        elif standing == "soon":
            query = query.where(_OPEN, func.coalesce(_T.warn_from, _T.late_from) <= now, _T.due_at > now).order_by(
                _T.due_at, _T.id
            )
        else:
            query = query.where(_OPEN, _T.due_at > now).order_by(_T.due_at, _T.id)
        return await self._read(query.limit(limit))

    async def count(self, *, since: datetime) -> Kept:
        counted = select(
            func.count().filter(_T.kept_at.is_not(None), _T.broken_at.is_(None)),
            func.count().filter(_T.kept_at.is_not(None), _T.broken_at.is_not(None)),
            func.count().filter(_T.kept_at.is_(None), _T.broken_at.is_not(None)),
        ).where(_T.due_at >= since)
        in_time, late, not_kept = (await self._connection.execute(counted)).one()
        return Kept(in_time=in_time, late=late, not_kept=not_kept)

    async def _one(self, query: Select[Any]) -> Promise:
        found = await self._read(query)
        if not found:
            raise NotFound("promise")
        return found[0]

    async def _read(self, query: Select[Any]) -> list[Promise]:
        rows = (await self._connection.execute(query)).mappings()
        return [
            Promise(
                **{name: row[name] for name in _PLAIN},
                kind=PromiseKind(row["kind"]),
                subject=Subject(row["subject"]),
                amount=None if row["currency"] is None else Money(row["amount_minor"], row["currency"]),
            )
            for row in rows
        ]
