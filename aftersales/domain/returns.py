"""Returns: goods on their way back, and what comes for them. Money has its own machine, in refunds.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aftersales.domain.goods_condition import GoodsCondition
from aftersales.domain.money import Money
from aftersales.domain.reasons import Reason
from aftersales.domain.refunds import Cause, CauseKind
from aftersales.domain.remedies import Remedy, Replacement


class ReturnState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_PARCEL = "awaiting_parcel"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    REPLACING = "replacing"
    INSPECTED = "inspected"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ReturnTrigger(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    INVOICE = "invoice"
    PAY = "pay"
    INSTRUCT = "instruct"
    RESEND = "resend"
    WAIVE = "waive"
    SHIP = "ship"
    RECEIVE = "receive"
    ACCEPT = "accept"
    REPLACE = "replace"
    INSPECT = "inspect"
    CLOSE = "close"
    CANCEL = "cancel"


_S, _T = ReturnState, ReturnTrigger

RETURN_MACHINE: Mapping[tuple[ReturnState, ReturnTrigger], ReturnState] = {
    (_S.REQUESTED, _T.APPROVE): _S.APPROVED,
    (_S.REQUESTED, _T.REJECT): _S.REJECTED,
    (_S.REQUESTED, _T.CANCEL): _S.CANCELLED,
    (_S.APPROVED, _T.INSTRUCT): _S.AWAITING_PARCEL,
    (_S.APPROVED, _T.INVOICE): _S.AWAITING_PAYMENT,
    (_S.APPROVED, _T.RESEND): _S.REPLACING,
    (_S.APPROVED, _T.WAIVE): _S.INSPECTED,
    (_S.APPROVED, _T.CANCEL): _S.CANCELLED,
    (_S.AWAITING_PAYMENT, _T.PAY): _S.AWAITING_PARCEL,
    (_S.AWAITING_PAYMENT, _T.CANCEL): _S.CANCELLED,
    (_S.AWAITING_PARCEL, _T.SHIP): _S.IN_TRANSIT,
    (_S.AWAITING_PARCEL, _T.RECEIVE): _S.RECEIVED,
    (_S.AWAITING_PARCEL, _T.CANCEL): _S.CANCELLED,
    (_S.IN_TRANSIT, _T.RECEIVE): _S.RECEIVED,
    (_S.RECEIVED, _T.INSPECT): _S.INSPECTED,
    (_S.RECEIVED, _T.ACCEPT): _S.REPLACING,
    (_S.REPLACING, _T.REPLACE): _S.INSPECTED,
    (_S.INSPECTED, _T.CLOSE): _S.CLOSED,
}

# Why an exchange was turned down by the shop: as the journal and the ShopBackend port name it.
OUT_OF_STOCK = "out_of_stock"

# The units of a return in one of these states cannot be returned once more.
HOLDING = frozenset(ReturnState) - {ReturnState.REJECTED, ReturnState.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """`amount` is what is paid back for these units, fee and deduction already taken off; `replacement` what comes
    for them. `condition` is the state in which they came back, `deduction` what `deduction_rule` keeps for it.
    """

    line_id: str
    quantity: int
    amount: Money
    replacement: Replacement | None = None
    condition: GoodsCondition | None = None
    deduction: Money | None = None
    deduction_rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """An RMA. `number` is for people; `key` makes a repeated request harmless (unique).

    `shop_reference` is the shop's own id of the return, None until the shop has confirmed it. `to_pay` is what the
    customer pays for dearer goods in exchange, None for nothing; `payment_link` where, once it was asked for.
    """

    id: str
    number: str
    key: str
    state: ReturnState
    order_id: str
    order_number: str
    customer_id: str
    conversation_id: str | None
    lines: tuple[ReturnLine, ...]
    reason: Reason
    comment: str
    attachment_ids: tuple[str, ...]
    amount: Money
    fee: Money
    who_pays_shipping: str
    rule_id: str
    policy_version: str
    needs_human: bool
    shop_reference: str | None
    created_at: datetime
    updated_at: datetime
    remedy: Remedy = Remedy.RETURN
    to_pay: Money | None = None
    payment_link: str | None = None

    @property
    def cause(self) -> Cause:
        """The money that is owed back once the goods are accepted."""
        return Cause(
            kind=CauseKind.RETURN,
            id=self.id,
            number=self.number,
            order_id=self.order_id,
            order_number=self.order_number,
            customer_id=self.customer_id,
            conversation_id=self.conversation_id,
            policy_version=self.policy_version,
            amount=self.amount,
            since=self.created_at,
        )

    @property
    def deducted(self) -> Money:
        """What is kept for the state in which the goods came back."""
        return sum((line.deduction for line in self.lines if line.deduction), Money.zero(self.amount.currency))

    @property
    def comes_back(self) -> bool:
        """Whether goods are sent back at all: not what is kept, and not what never came."""
        return self.remedy is not Remedy.REFUND_ONLY and self.reason is not Reason.MISSING_ITEM
