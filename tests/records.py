"""A return and a refund of it, for tests that need no database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aftersales.domain.money import Money
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import CauseKind, Refund, RefundState
from aftersales.domain.returns import Return, ReturnLine, ReturnState
from tests.fakes import NOON

PRICE = Money(12900, "CNY")


def make_return(**changes: Any) -> Return:
    """One pair of shoes for 129.00, approved by the rules and waited for; with `changes`."""
    item = Return(
        id="r1",
        number="RT1",
        key="k1",
        state=ReturnState.AWAITING_PARCEL,
        order_id="o1",
        order_number="RD2026111800001",
        customer_id="c1",
        conversation_id=None,
        lines=(ReturnLine(line_id="l1", quantity=1, amount=PRICE),),
        reason=Reason.WRONG_SIZE,
        comment="",
        attachment_ids=(),
        amount=PRICE,
        fee=Money(0, "CNY"),
        who_pays_shipping="customer",
        rule_id="seven_days_no_reason",
        policy_version="1",
        needs_human=False,
        shop_reference="s1",
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(item, **changes)


def make_refund(**changes: Any) -> Refund:
    """All of that return's amount, not yet submitted; with `changes`."""
    refund = Refund(
        id="f1",
        key="k1",
        state=RefundState.CREATED,
        cause_kind=CauseKind.RETURN,
        cause_id="r1",
        cause_number="RT1",
        conversation_id=None,
        policy_version="1",
        order_id="o1",
        order_number="RD2026111800001",
        customer_id="c1",
        payment_id="p1",
        amount=PRICE,
        reason="return",
        provider_reference=None,
        failure=None,
        attempts=0,
        next_attempt_at=None,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(refund, **changes)
