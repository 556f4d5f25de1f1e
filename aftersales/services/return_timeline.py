"""How a return, exchange or refund stands, for whoever holds its link: no names, nothing that was written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aftersales.domain.errors import AftersalesError
from aftersales.domain.money import Money
from aftersales.domain.orders import Order
from aftersales.domain.refunds import Refund, RefundState
from aftersales.domain.remedies import Replacement
from aftersales.domain.returns import Return, ReturnTrigger
from aftersales.domain.texts import Language, Text
from aftersales.services.context import Context
from aftersales.services.news import language_of
from aftersales.services.preferences import preferences_of
from aftersales.services.return_views import ReturnStep, ReturnView, view_return

REFUNDED = "refunded"
_REQUESTED = "request"
# What the shop only does behind the counter, or what another step says as well, is not told.
TOLD = (frozenset(trigger.value for trigger in ReturnTrigger) | {_REQUESTED}) - {
    ReturnTrigger.INSTRUCT,
    ReturnTrigger.ACCEPT,
    ReturnTrigger.INSPECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Units of a line; `title` is None while the shop cannot be asked. `amount` is what is paid back for them."""

    title: Text | None
    options: Text
    quantity: int
    amount: Money
    replacement: Replacement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineStep:
    """`what` is one of TOLD, or REFUNDED with its `amount`; `parcel` is carrier and tracking number."""

    what: str
    at: datetime
    amount: Money | None = None
    parcel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTimeline:
    """`language` is the one that its customer has chosen, or that of the talk. `steps` are oldest first.

    `view` says what comes next.
    """

    view: ReturnView
    language: Language
    goods: tuple[Goods, ...]
    steps: tuple[TimelineStep, ...]


async def read_return_timeline(ctx: Context, *, number: str) -> ReturnTimeline:
    """By the return's number, which the caller has from a signed link. Raises NotFound."""
    async with ctx.unit_of_work(read_only=True) as uow:
        view = await view_return(ctx, uow, await uow.returns.by_number(number))
        chosen = await preferences_of(uow, view.item.customer_id)
        language = chosen.language or await language_of(uow, view.item.conversation_id)
    order = await _order_of(ctx, view.item)
    return ReturnTimeline(
        view=view,
        language=language,
        goods=tuple(_goods(view.item, order)),
        steps=_steps(view.steps, view.refunds),
    )


async def _order_of(ctx: Context, item: Return) -> Order | None:
    try:
        return await ctx.shop.get_order(item.order_id)
    except AftersalesError:
        return None


def _goods(item: Return, order: Order | None) -> Iterable[Goods]:
    sold = {line.id: line for line in order.lines} if order else {}
    for line in item.lines:
        found = sold.get(line.line_id)
        yield Goods(
            title=found.title if found else None,
            options=found.options if found else Text("", ""),
            quantity=line.quantity,
            amount=line.amount,
            replacement=line.replacement,
        )


def _steps(steps: Sequence[ReturnStep], refunds: Sequence[Refund]) -> tuple[TimelineStep, ...]:
    told = [
        TimelineStep(
            what=step.trigger,
            at=step.at,
            parcel=" ".join(step.detail[name] for name in ("carrier", "tracking_number") if name in step.detail),
        )
        for step in steps
        if step.trigger in TOLD
    ]
    paid = [
        TimelineStep(what=REFUNDED, at=refund.updated_at, amount=refund.amount)
        for refund in refunds
        if refund.state in {RefundState.SUCCEEDED, RefundState.EXTERNAL}
    ]
    return tuple(sorted([*told, *paid], key=lambda step: (step.at, step.what == ReturnTrigger.CLOSE)))
