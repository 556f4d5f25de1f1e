"""Returns in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from aftersales.domain.errors import Conflict, NotFound
from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.money import Money
from aftersales.domain.pages import Mark, Wanted
from aftersales.domain.reasons import Reason
from aftersales.domain.remedies import Remedy, Replacement
from aftersales.domain.returns import Return, ReturnLine, ReturnState
from aftersales.domain.texts import Text
from aftersales.stores.inserts import hold_lock, insert_new
from aftersales.stores.pages import page_of
from aftersales.stores.schema.returns import return_lines, returns

# Read in every turn of a return: building a statement takes longer than running it.
_BY_KEY = select(returns).where(returns.c.key == bindparam("wanted"))
_OF_ORDER = (
    select(returns).where(returns.c.order_id == bindparam("wanted")).order_by(returns.c.created_at, returns.c.id)
)
_ONE = select(returns).where(returns.c.id == bindparam("wanted"))
_ONE_LOCKED = _ONE.with_for_update()
_BY_NUMBER = select(returns).where(returns.c.number == bindparam("wanted"))
_SAVE = update(returns).where(returns.c.id == bindparam("wanted"))
_LINES = (
    select(return_lines)
    .where(return_lines.c.return_id.in_(bindparam("wanted", expanding=True)))
    .order_by(return_lines.c.return_id, return_lines.c.position)
)


class SqlReturns:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, item: Return) -> None:
        """Raises Conflict when the number or the key is taken; the transaction stays usable."""
        if not await insert_new(self._connection, returns, _values(item)):
            raise Conflict("number or key of the return")
        lines = [
            {
                "return_id": item.id,
                "line_id": line.line_id,
                "position": position,
                "quantity": line.quantity,
                "amount_minor": line.amount.minor,
                "replacement": _packed(line.replacement),
                **_assessed(line),
            }
            for position, line in enumerate(item.lines)
        ]
        await self._connection.execute(insert(return_lines), lines)

    async def save(self, item: Return) -> None:
        """Writes what changes in a return's life; lines and amounts only by `assess`, the key never."""
        changing = {
            "state": item.state.value,
            "needs_human": item.needs_human,
            "shop_reference": item.shop_reference,
            "payment_link": item.payment_link,
            "updated_at": item.updated_at,
        }
        await self._connection.execute(_SAVE, {"wanted": item.id, **changing})

    async def assess(self, item: Return) -> None:
        """Writes the conditions of its lines and what they leave of the amounts."""
        await self._connection.execute(
            update(returns).where(returns.c.id == item.id).values(amount_minor=item.amount.minor)
        )
        for line in item.lines:
            await self._connection.execute(
                update(return_lines)
                .where(return_lines.c.return_id == item.id, return_lines.c.line_id == line.line_id)
                .values(amount_minor=line.amount.minor, **_assessed(line))
            )

    async def get(self, return_id: str) -> Return:
        """Raises NotFound."""
        return await self._one(_ONE, wanted=return_id)

    async def lock(self, return_id: str) -> Return:
        """As get, and holds the row for writing until the transaction ends."""
        return await self._one(_ONE_LOCKED, wanted=return_id)

    async def lock_order(self, order_id: str) -> None:
        await hold_lock(self._connection, f"order:{order_id}")

    async def by_number(self, number: str) -> Return:
        return await self._one(_BY_NUMBER, wanted=number)

    async def by_key(self, key: str) -> Return | None:
        found = await self._read(_BY_KEY, wanted=key)
        return found[0] if found else None

    async def by_ids(self, return_ids: Collection[str]) -> Sequence[Return]:
        """In no order; unknown ids are left out."""
        return await self._read(select(returns).where(returns.c.id.in_(return_ids)))

    async def of_order(self, order_id: str) -> Sequence[Return]:
        """Oldest first."""
        return await self._read(_OF_ORDER, wanted=order_id)

    async def of_customer(self, customer_id: str, *, limit: int = 50) -> Sequence[Return]:
        return await self._read(
            select(returns)
            .where(returns.c.customer_id == customer_id)
            .order_by(returns.c.created_at.desc(), returns.c.id)
            .limit(limit)
        )

    async def latest(self, *, limit: int = 100) -> Sequence[Return]:
        return await self._read(select(returns).order_by(returns.c.created_at.desc(), returns.c.id).limit(limit))

    async def in_state(self, states: Sequence[ReturnState], *, limit: int = 100) -> Sequence[Return]:
        """Those untouched for longest first."""
        return await self._read(
            select(returns)
            .where(returns.c.state.in_([state.value for state in states]))
            .order_by(returns.c.updated_at)
            .limit(limit)
        )

    async def page(self, wanted: Wanted, *, after: Mark | None, limit: int) -> Sequence[Return]:
        """By birth and id, from behind `after`."""
        return await self._read(page_of(returns, wanted, state=returns.c.state, after=after, limit=limit))

    async def waiting_for_shop(self, *, before: datetime, limit: int = 50) -> Sequence[Return]:
        requested = and_(returns.c.state == ReturnState.REQUESTED.value, returns.c.needs_human.is_(False))
        later = returns.c.state.in_([ReturnState.APPROVED.value, ReturnState.RECEIVED.value])
        return await self._read(
            select(returns)
            .where(or_(requested, later), returns.c.updated_at <= before)
            .order_by(returns.c.updated_at)
            .limit(limit)
        )

    async def _one(self, query: Select[Any], **values: str) -> Return:
        found = await self._read(query, **values)
        if not found:
            raise NotFound("return")
        return found[0]

    async def _read(self, query: Select[Any], **values: str) -> list[Return]:
        rows = list((await self._connection.execute(query, values)).mappings())
        if not rows:
            return []
        found = await self._connection.execute(_LINES, {"wanted": [row["id"] for row in rows]})
        lines: dict[str, list[RowMapping]] = {row["id"]: [] for row in rows}
        for line in found.mappings():
            lines[line["return_id"]].append(line)
        return [_return(row, lines[row["id"]]) for row in rows]


def _values(item: Return) -> dict[str, Any]:
    return {
        "id": item.id,
        "number": item.number,
        "key": item.key,
        "state": item.state.value,
        "order_id": item.order_id,
        "order_number": item.order_number,
        "customer_id": item.customer_id,
        "conversation_id": item.conversation_id,
        "reason": item.reason.value,
        "comment": item.comment,
        "attachment_ids": list(item.attachment_ids),
        "amount_minor": item.amount.minor,
        "fee_minor": item.fee.minor,
        "currency": item.amount.currency,
        "who_pays_shipping": item.who_pays_shipping,
        "rule_id": item.rule_id,
        "policy_version": item.policy_version,
        "needs_human": item.needs_human,
        "shop_reference": item.shop_reference,
        "remedy": item.remedy.value,
        "to_pay_minor": item.to_pay.minor if item.to_pay else None,
        "payment_link": item.payment_link,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }


def _return(row: RowMapping, lines: Sequence[RowMapping]) -> Return:
    fields = dict(row)
    currency, to_pay = fields.pop("currency"), fields.pop("to_pay_minor")
    amount, fee = (Money(fields.pop(name), currency) for name in ("amount_minor", "fee_minor"))
    return Return(
        **{
            **fields,
            "state": ReturnState(row["state"]),
            "reason": Reason(row["reason"]),
            "remedy": Remedy(row["remedy"]),
            "to_pay": Money(to_pay, currency) if to_pay else None,
            "attachment_ids": tuple(row["attachment_ids"]),
            "amount": amount,
            "fee": fee,
            "lines": tuple(
                ReturnLine(
                    line_id=line["line_id"],
                    quantity=line["quantity"],
                    amount=Money(line["amount_minor"], currency),
                    replacement=_unpacked(line["replacement"], currency),
                    condition=GoodsCondition(line["condition"]) if line["condition"] else None,
                    deduction=Money(line["deduction_minor"], currency) if line["deduction_minor"] else None,
                    deduction_rule=line["deduction_rule"],
                )
                for line in lines
            ),
        }
    )


def _assessed(line: ReturnLine) -> dict[str, Any]:
    return {
        "condition": line.condition.value if line.condition else None,
        "deduction_minor": line.deduction.minor if line.deduction else None,
        "deduction_rule": line.deduction_rule,
    }


def _packed(replacement: Replacement | None) -> dict[str, Any] | None:
    if replacement is None:
        return None
    title, options = replacement.title, replacement.options
    return {
        "variant_id": replacement.variant_id,
        "title": [title.zh, title.en],
        "options": [options.zh, options.en],
        "paid_minor": replacement.paid.minor,
    }


def _unpacked(packed: dict[str, Any] | None, currency: str) -> Replacement | None:
    if packed is None:
        return None
    return Replacement(
        variant_id=packed["variant_id"],
        title=Text(*packed["title"]),
        options=Text(*packed["options"]),
        paid=Money(packed["paid_minor"], currency),
    )
