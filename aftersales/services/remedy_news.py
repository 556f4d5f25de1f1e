"""Which news of a return fit its remedy and how far it is."""

from __future__ import annotations

from typing import Any

from aftersales.domain.money import Money
from aftersales.domain.remedies import Remedy
from aftersales.domain.returns import Return, ReturnState
from aftersales.ports import UnitOfWork
from aftersales.services.context import Context
from aftersales.services.news import tell_later

_FILED = {
    Remedy.RETURN: "utter_returns_filed_by_agent",
    Remedy.EXCHANGE: "utter_exchanges_filed_by_agent",
    Remedy.REFUND_ONLY: "utter_refunds_filed_by_agent",
}
_REJECTED = {
    Remedy.RETURN: "utter_returns_rejected",
    Remedy.EXCHANGE: "utter_exchanges_rejected",
    Remedy.REFUND_ONLY: "utter_refunds_rejected",
}
_RECEIVED = {Remedy.RETURN: "utter_returns_received", Remedy.EXCHANGE: "utter_exchanges_received"}
_EXCHANGE_GOES_ON = {
    ReturnState.AWAITING_PARCEL: "utter_exchanges_approved",
    ReturnState.REPLACING: "utter_exchanges_resend",
}


async def tell_filed(ctx: Context, uow: UnitOfWork, item: Return) -> None:
    """That a person has filed it for the customer; what to do next comes with what becomes of it."""
    await tell_later(ctx, uow, item, _FILED[item.remedy], key=f"return-filed:{item.id}", **_amount(item.amount))


async def tell_going_ahead(ctx: Context, uow: UnitOfWork, item: Return) -> None:
    """What the customer does next, or what happens next, now that it was approved and the shop has it."""
    response, parameters = _going_ahead(item)
    await tell_later(ctx, uow, item, response, key=f"return-approved:{item.id}", **parameters)


async def tell_rejected(ctx: Context, uow: UnitOfWork, item: Return) -> None:
    await tell_later(ctx, uow, item, _REJECTED[item.remedy], key=f"return-rejected:{item.id}")


async def tell_received(ctx: Context, uow: UnitOfWork, item: Return) -> None:
    await tell_later(ctx, uow, item, _RECEIVED[item.remedy], key=f"return-received:{item.id}")


def _going_ahead(item: Return) -> tuple[str, dict[str, Any]]:
    if item.remedy is Remedy.RETURN:
        return "utter_returns_approved", {}
    if item.remedy is Remedy.REFUND_ONLY:
        return "utter_refunds_approved", _amount(item.amount)
    if item.state is ReturnState.AWAITING_PAYMENT and item.to_pay:
        if item.payment_link is None:
            return "utter_exchanges_pay_by_person", _amount(item.to_pay)
        return "utter_exchanges_pay", {**_amount(item.to_pay), "link": item.payment_link}
    return _EXCHANGE_GOES_ON[item.state], {}


def _amount(money: Money) -> dict[str, str]:
    return {"amount": money.decimal(), "currency": money.currency}
