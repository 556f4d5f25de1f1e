"""Refunds of one payment at Medusa, asked for by several processes at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from aftersales.domain.errors import OutcomeUnknown, ProviderRejected, Unavailable
from aftersales.domain.money import Money
from aftersales.domain.orders import Payment
from aftersales.ports import Payments, ProviderRefund
from tests.connectors.medusa.world import MedusaWorld, open_medusa

pytestmark = [pytest.mark.medusa, pytest.mark.timeout(600)]
FIFTY = Money(5000, "CNY")
PATIENCE = 500.0  # seconds: Medusa makes the changes of an order one by one


async def until_settled(payments: Payments, payment: Payment, key: str) -> ProviderRefund | None:
    """As the worker does: looked up after a lost answer, asked again after a pause; None when it is rejected."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < end:
        try:
            return await payments.refund(payment, amount=FIFTY, key=key, reason="return RT1")
        except ProviderRejected:
            return None
        except (Unavailable, OutcomeUnknown):
            await asyncio.sleep(2)
    raise AssertionError(f"{key} never came to an end")


async def refunds_of(world: MedusaWorld, payment: Payment) -> list[tuple[str, float]]:
    """(note, amount) as Medusa tells them."""
    told = await world.admin.get(f"/admin/payments/{payment.id}", fields="id,*refunds")
    return [(refund["note"], refund["amount"]) for refund in told["payment"]["refunds"]]


async def test_fifty_attempts_of_two_processes_pay_back_exactly_what_is_allowed() -> None:
    async with open_medusa(abandoned_after=timedelta(seconds=4)) as world:
        payment = await world.payment()  # 1009.00: of fifty refunds of 50.00 twenty can be paid
        processes = (world.payments, world.payments_elsewhere())
        asked = [until_settled(processes[n % 2], payment, f"k{n}") for n in range(50)]
        paid = [refund for refund in await asyncio.gather(*asked) if refund is not None]
        refunds = await refunds_of(world, payment)
        assert (await world.payment()).refunded == Money(100000, "CNY")
        assert len(paid) == len(refunds) == 20
        assert len({note for note, _ in refunds}) == 20
        assert {amount for _, amount in refunds} == {50}


async def test_one_key_asked_for_by_two_processes_at_once_is_still_told_as_one() -> None:
    """The state of the refund keeps two from asking at once; a worker that comes later finds what was made."""
    async with open_medusa() as world:
        payment = await world.payment()
        first = await world.payments.refund(payment, amount=FIFTY, key="k", reason="return RT1")
        later = await world.payments_elsewhere().refund(payment, amount=FIFTY, key="k", reason="return RT1")
        assert later == first
        assert await refunds_of(world, payment) == [("ReturnDesk k return RT1", 50)]
